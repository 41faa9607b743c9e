-- Customers and interactions: the rules of the house, what records are found by, tasks, merges.

-- settings

CREATE TABLE {crm}settings (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    name {text},
    default_country {text},
    PRIMARY KEY (tenant_id, id)
){options};

-- terms

-- What records are found by. The core computes it; each row follows its record.
CREATE TABLE {crm}term (
    tenant_id {uuid} NOT NULL,
    term {text} NOT NULL,
    entity_id {uuid} NOT NULL,
    entity {text} NOT NULL,
    PRIMARY KEY (tenant_id, term, entity_id, entity)
){key_options};

CREATE INDEX crm_term_entity_id ON {crm}term (tenant_id, entity_id, term);

-- customers

-- contacts

-- interactions

-- tasks

-- merges
