-- Customers and interactions: the rules of the house, what records are found by, tasks, merges.

-- settings

CREATE TABLE {crm}settings (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    name {text},
    default_country {text},
    completeness {json} NOT NULL,
    lifecycle {json},
    custom_fields {json} NOT NULL,
    rhythm {json} NOT NULL,
    late_after_hours {integer} NOT NULL,
    plus_addressing {bool} NOT NULL,
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

ALTER TABLE {crm}customer ADD COLUMN contact_person {text};

ALTER TABLE {crm}customer ADD COLUMN addresses {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}customer ADD COLUMN archived_at {timestamp};

ALTER TABLE {crm}customer ADD COLUMN incomplete_since {timestamp};

ALTER TABLE {crm}customer ADD COLUMN missing {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}customer ADD COLUMN completeness {integer} NOT NULL DEFAULT 100;

CREATE INDEX crm_customer_incomplete ON {crm}customer (tenant_id, incomplete_since{nulls_first}, id) WHERE incomplete_since IS NOT NULL;

-- contacts

ALTER TABLE {crm}contact ADD COLUMN addresses {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}contact ADD COLUMN archived_at {timestamp};

ALTER TABLE {crm}contact ADD COLUMN incomplete_since {timestamp};

ALTER TABLE {crm}contact ADD COLUMN missing {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}contact ADD COLUMN completeness {integer} NOT NULL DEFAULT 100;

CREATE INDEX crm_contact_incomplete ON {crm}contact (tenant_id, incomplete_since{nulls_first}, id) WHERE incomplete_since IS NOT NULL;

-- interactions

ALTER TABLE {crm}interaction ADD COLUMN incomplete_since {timestamp};

ALTER TABLE {crm}interaction ADD COLUMN missing {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}interaction ADD COLUMN completeness {integer} NOT NULL DEFAULT 100;

CREATE INDEX crm_interaction_incomplete ON {crm}interaction (tenant_id, incomplete_since{nulls_first}, id) WHERE incomplete_since IS NOT NULL;

-- tasks

-- merges
