"""Reports: the figures of a month or a campaign as one frozen value, and what is written of them.

monthly, campaign      the values, read from register and stores
…_manuscript           what is said of them, in Chinese or English
writing                a value to JSON, a page, a Word file, a PDF
"""
