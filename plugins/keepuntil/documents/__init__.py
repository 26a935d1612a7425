"""What people hold in their hands: documents for A4 paper, in Chinese and English.

    typesetting     a template and its data to PDF/A pages, with fonts that are embedded
    words           every fixed phrase, in both languages
    predicate       reading what was signed; what is missing is named
    certificate     the destruction certificate (销毁证明)
    destruction_list    the frozen list in counts (销毁清册)
    receipt         a customer's receipt (销毁回执)
    appraisal_opinion   what the panel says of each group (鉴定意见书)
    paper_list      the list of paper item by item, in the statute's columns (销毁清册)
    hand_over_form  boxes, seals, weights and who signs for them (交接单)
    witness_record  counts before, signatures after (监销记录)
    paper_certificate   a reconciled journey, box by box (销毁证明)
    box_labels      sheets of labels
    dossier         what the forms of one consignment are made of
    custody_words   their fixed phrases, in both languages
    barcodes        Code 128 as vectors
    pdf_signature   PAdES signatures over finished pages
    templates/      how a page looks (Typst)

A document renders what was signed elsewhere and says so on every page: the signed
statement is the authority, the paper carries its digest. Typst, segno and pyHanko are
imported inside functions, once a document is asked for.
"""
