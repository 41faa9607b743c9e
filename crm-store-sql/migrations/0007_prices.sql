-- Price books, what is in them, and when two opportunities are in conflict.

CREATE TABLE {crm}price_book (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    currency {text} NOT NULL,
    active {bool} NOT NULL,
    valid_from {date},
    valid_to {date},
    priority {integer} NOT NULL,
    customers {json} NOT NULL,
    notes {text},
    PRIMARY KEY (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_price_book_external_id ON {crm}price_book (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX crm_price_book_name ON {crm}price_book (tenant_id, name);

CREATE TABLE {crm}price_book_entry (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    price_book_id {uuid} NOT NULL,
    product_id {uuid} NOT NULL,
    min_quantity {decimal} NOT NULL,
    unit_price {decimal} NOT NULL,
    unit_price_currency {text} NOT NULL,
    tax_rate {decimal},
    max_discount {decimal},
    notes {text},
    slot {text} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, price_book_id) REFERENCES {crm}price_book (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES {crm}product (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_price_book_entry_slot ON {crm}price_book_entry (tenant_id, slot);

CREATE INDEX crm_price_book_entry_product_id ON {crm}price_book_entry (tenant_id, product_id, id);

CREATE INDEX crm_price_book_entry_price_book_id ON {crm}price_book_entry (tenant_id, price_book_id, id);

ALTER TABLE {crm}settings ADD COLUMN conflicts {text} NOT NULL DEFAULT 'product';

CREATE INDEX crm_opportunity_status ON {crm}opportunity (tenant_id, status, customer_id, id);
