"""Tables of the synthetic core banking system."""

from __future__ import annotations

from typing import Final

TABLES: Final = """
CREATE TABLE customer (
    customer_no INTEGER NOT NULL PRIMARY KEY,
    branch_no INTEGER NOT NULL,
    opened_on DATE NOT NULL,
    ended_on DATE
);
CREATE TABLE customer_identity (
    customer_no INTEGER NOT NULL PRIMARY KEY REFERENCES customer (customer_no),
    full_name VARCHAR(80) NOT NULL,
    birth_date DATE NOT NULL,
    nationality CHAR(3) NOT NULL,
    id_type VARCHAR(20) NOT NULL,
    id_number VARCHAR(20) NOT NULL,
    phone VARCHAR(20),
    email VARCHAR(80),
    address VARCHAR(120),
    status VARCHAR(10) NOT NULL,
    relationship_ended_on DATE,
    one_off_ended_on DATE
);
CREATE TABLE identity_document (
    document_id INTEGER NOT NULL PRIMARY KEY,
    customer_no INTEGER NOT NULL REFERENCES customer_identity (customer_no),
    kind VARCHAR(20) NOT NULL,
    document_number VARCHAR(20) NOT NULL
);
CREATE TABLE customer_contact (
    contact_id INTEGER NOT NULL PRIMARY KEY,
    customer_no INTEGER NOT NULL REFERENCES customer_identity (customer_no),
    contacted_on DATE NOT NULL,
    note VARCHAR(120) NOT NULL
);
CREATE TABLE account (
    account_no INTEGER NOT NULL PRIMARY KEY,
    customer_no INTEGER NOT NULL REFERENCES customer (customer_no),
    opened_on DATE NOT NULL
);
CREATE TABLE account_transaction (
    account_no INTEGER NOT NULL REFERENCES account (account_no),
    sequence_no INTEGER NOT NULL,
    booked_at TIMESTAMP,
    amount_cents INTEGER NOT NULL,
    currency CHAR(3) NOT NULL,
    card_number VARCHAR(19),
    PRIMARY KEY (account_no, sequence_no)
);
CREATE TABLE transaction_detail (
    detail_id INTEGER NOT NULL PRIMARY KEY,
    account_no INTEGER NOT NULL,
    sequence_no INTEGER NOT NULL,
    counterparty VARCHAR(80) NOT NULL,
    FOREIGN KEY (account_no, sequence_no)
        REFERENCES account_transaction (account_no, sequence_no)
);
CREATE TABLE loan_file (
    loan_id INTEGER NOT NULL PRIMARY KEY,
    file_no VARCHAR(20) NOT NULL,
    customer_no INTEGER NOT NULL REFERENCES customer (customer_no),
    status VARCHAR(10) NOT NULL,
    opened_on DATE NOT NULL,
    settled_on DATE,
    litigation_open BOOLEAN,
    dispute_closed_on DATE,
    principal_cents INTEGER NOT NULL
);
CREATE TABLE loan_note (
    note_id INTEGER NOT NULL PRIMARY KEY,
    loan_id INTEGER NOT NULL REFERENCES loan_file (loan_id),
    written_on DATE NOT NULL,
    note VARCHAR(120) NOT NULL
);
CREATE TABLE loan_event (
    event_id INTEGER NOT NULL PRIMARY KEY,
    loan_id INTEGER NOT NULL REFERENCES loan_file (loan_id),
    kind VARCHAR(20) NOT NULL,
    amount_cents INTEGER NOT NULL
);
CREATE TABLE loan_application (
    application_id INTEGER NOT NULL PRIMARY KEY,
    applicant_name VARCHAR(80) NOT NULL,
    id_number VARCHAR(20) NOT NULL,
    decision VARCHAR(10) NOT NULL,
    rejected_on DATE,
    withdrawn_on DATE
);
CREATE TABLE application_score (
    application_id INTEGER NOT NULL REFERENCES loan_application (application_id),
    model VARCHAR(20) NOT NULL,
    score INTEGER NOT NULL,
    PRIMARY KEY (application_id, model)
);
CREATE TABLE marketing_profile (
    profile_id INTEGER NOT NULL PRIMARY KEY,
    customer_no INTEGER NOT NULL REFERENCES customer (customer_no),
    segment VARCHAR(20) NOT NULL,
    state VARCHAR(10) NOT NULL,
    consent_withdrawn_on DATE,
    opted_out_on DATE,
    consent_expired_on DATE
);
CREATE TABLE marketing_touch (
    touch_id INTEGER NOT NULL PRIMARY KEY,
    profile_id INTEGER NOT NULL REFERENCES marketing_profile (profile_id),
    campaign VARCHAR(20) NOT NULL
);
CREATE TABLE complaint (
    complaint_id INTEGER NOT NULL PRIMARY KEY,
    customer_no INTEGER NOT NULL REFERENCES customer (customer_no),
    closed_on DATE,
    summary VARCHAR(120) NOT NULL
);
CREATE TABLE complaint_note (
    note_id INTEGER NOT NULL PRIMARY KEY,
    complaint_id INTEGER NOT NULL REFERENCES complaint (complaint_id),
    note VARCHAR(120) NOT NULL
);
CREATE TABLE complaint_attachment (
    attachment_id INTEGER NOT NULL PRIMARY KEY,
    complaint_id INTEGER NOT NULL REFERENCES complaint (complaint_id),
    file_name VARCHAR(80) NOT NULL
);
"""

INDEXES: Final = """
CREATE INDEX customer_identity_ended ON customer_identity (relationship_ended_on);
CREATE INDEX identity_document_customer ON identity_document (customer_no);
CREATE INDEX customer_contact_customer ON customer_contact (customer_no);
CREATE INDEX account_customer ON account (customer_no);
CREATE INDEX account_transaction_booked ON account_transaction (booked_at);
CREATE INDEX transaction_detail_transaction ON transaction_detail (account_no, sequence_no);
CREATE INDEX loan_file_settled ON loan_file (settled_on);
CREATE INDEX loan_file_opened ON loan_file (opened_on);
CREATE UNIQUE INDEX loan_file_number ON loan_file (file_no);
CREATE INDEX loan_file_customer ON loan_file (customer_no);
CREATE INDEX loan_note_loan ON loan_note (loan_id);
CREATE INDEX loan_event_loan ON loan_event (loan_id);
CREATE INDEX marketing_profile_withdrawn ON marketing_profile (consent_withdrawn_on);
CREATE INDEX marketing_profile_opted_out ON marketing_profile (opted_out_on);
CREATE INDEX marketing_profile_expired ON marketing_profile (consent_expired_on);
CREATE INDEX marketing_profile_customer ON marketing_profile (customer_no);
CREATE INDEX marketing_touch_profile ON marketing_touch (profile_id);
CREATE INDEX complaint_closed ON complaint (closed_on);
CREATE INDEX complaint_customer ON complaint (customer_no);
CREATE INDEX complaint_note_complaint ON complaint_note (complaint_id);
CREATE INDEX complaint_attachment_complaint ON complaint_attachment (complaint_id);
"""
