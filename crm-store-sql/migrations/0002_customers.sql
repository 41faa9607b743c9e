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

-- customers

-- contacts

-- interactions

-- tasks

-- merges
