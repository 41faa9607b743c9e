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
    duplicates {json} NOT NULL,
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
ALTER TABLE {crm}customer ADD COLUMN merged_into {uuid};

CREATE INDEX crm_customer_merged_into ON {crm}customer (tenant_id, merged_into, id) WHERE merged_into IS NOT NULL;

CREATE TABLE {crm}relation (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    from_id {uuid} NOT NULL,
    to_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    since {date},
    until {date},
    note {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, from_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, to_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_relation_from_id ON {crm}relation (tenant_id, from_id, id);

CREATE INDEX crm_relation_to_id ON {crm}relation (tenant_id, to_id, id);

-- contacts

CREATE TABLE {crm}affiliation (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    contact_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    role {text},
    title {text},
    department {text},
    since {date},
    until {date},
    note {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_affiliation_contact_id ON {crm}affiliation (tenant_id, contact_id, id);

CREATE INDEX crm_affiliation_customer_id ON {crm}affiliation (tenant_id, customer_id, id);

-- interactions

ALTER TABLE {crm}interaction ADD COLUMN incomplete_since {timestamp};

ALTER TABLE {crm}interaction ADD COLUMN missing {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}interaction ADD COLUMN completeness {integer} NOT NULL DEFAULT 100;

CREATE INDEX crm_interaction_incomplete ON {crm}interaction (tenant_id, incomplete_since{nulls_first}, id) WHERE incomplete_since IS NOT NULL;
ALTER TABLE {crm}interaction ADD COLUMN participants {json} NOT NULL DEFAULT '{"contacts":[],"staff":[]}';

ALTER TABLE {crm}interaction ADD COLUMN recorded_at {timestamp};

ALTER TABLE {crm}interaction ADD COLUMN late {bool} NOT NULL DEFAULT FALSE;

CREATE INDEX crm_interaction_contact_id ON {crm}interaction (tenant_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE INDEX crm_opportunity_contact_id ON {crm}opportunity (tenant_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE INDEX crm_interaction_status ON {crm}interaction (tenant_id, status, happened_at, id);

CREATE TABLE {crm}addendum (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    interaction_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    text {text} NOT NULL,
    written_at {timestamp} NOT NULL,
    written_by {text} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, interaction_id) REFERENCES {crm}interaction (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_addendum_interaction_id ON {crm}addendum (tenant_id, interaction_id, written_at, id);

CREATE INDEX crm_addendum_customer_id ON {crm}addendum (tenant_id, customer_id, written_at, id);

-- Stage moves know whose opportunity it was. The table is made anew: a column that is added cannot
-- refer to another table by the tenant and the id in SQLite.
ALTER TABLE {crm}stage_move RENAME TO crm_stage_move_before;

CREATE TABLE {crm}stage_move (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    opportunity_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    from_stage {text},
    to_stage {text} NOT NULL,
    from_status {text},
    to_status {text} NOT NULL,
    amount_before {decimal},
    amount_before_currency {text},
    amount_after {decimal},
    amount_after_currency {text},
    probability_before {decimal},
    probability_after {decimal},
    expected_close_before {date},
    expected_close_after {date},
    owner_before {uuid},
    owner_after {uuid},
    moved_at {timestamp} NOT NULL,
    moved_by {text} NOT NULL,
    reason {text},
    customer_id {uuid},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_before) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_after) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id)
){options};

INSERT INTO {crm}stage_move (tenant_id, version, id, opportunity_id, kind, from_stage, to_stage, from_status, to_status, amount_before, amount_before_currency, amount_after, amount_after_currency, probability_before, probability_after, expected_close_before, expected_close_after, owner_before, owner_after, moved_at, moved_by, reason, customer_id)
SELECT m.tenant_id, m.version, m.id, m.opportunity_id, m.kind, m.from_stage, m.to_stage, m.from_status, m.to_status, m.amount_before, m.amount_before_currency, m.amount_after, m.amount_after_currency, m.probability_before, m.probability_after, m.expected_close_before, m.expected_close_after, m.owner_before, m.owner_after, m.moved_at, m.moved_by, m.reason, o.customer_id
FROM {crm}stage_move_before AS m
LEFT JOIN {crm}opportunity AS o ON o.tenant_id = m.tenant_id AND o.id = m.opportunity_id;

DROP TABLE {crm}stage_move_before;

CREATE INDEX crm_stage_move_opportunity_id ON {crm}stage_move (tenant_id, opportunity_id, moved_at, id);

CREATE INDEX crm_stage_move_customer_id ON {crm}stage_move (tenant_id, customer_id, moved_at, id);

-- tasks

CREATE TABLE {crm}task (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    customer_id {uuid},
    contact_id {uuid},
    opportunity_id {uuid},
    interaction_id {uuid},
    title {text} NOT NULL,
    notes {text},
    owner_id {uuid},
    due {date},
    due_at {timestamp},
    remind_at {timestamp},
    priority {text},
    recurrence {text},
    planned {date},
    created_at {timestamp} NOT NULL,
    status {text} NOT NULL,
    since {timestamp} NOT NULL,
    closed_by {text},
    outcome {text},
    reason {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, interaction_id) REFERENCES {crm}interaction (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_task_external_id ON {crm}task (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_task_owner_id ON {crm}task (tenant_id, owner_id, status, due, id);

CREATE INDEX crm_task_due ON {crm}task (tenant_id, status, due, id);

CREATE INDEX crm_task_remind_at ON {crm}task (tenant_id, status, remind_at, id);

CREATE INDEX crm_task_customer_id ON {crm}task (tenant_id, customer_id, since, id);

CREATE INDEX crm_task_contact_id ON {crm}task (tenant_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE INDEX crm_task_opportunity_id ON {crm}task (tenant_id, opportunity_id, since, id);

CREATE INDEX crm_task_interaction_id ON {crm}task (tenant_id, interaction_id, since, id);

-- merges

CREATE TABLE {crm}merge (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    survivor_id {uuid} NOT NULL,
    others {json} NOT NULL,
    choices {json} NOT NULL,
    reason {text},
    survivor_version {integer},
    merged_at {timestamp} NOT NULL,
    merged_by {text} NOT NULL,
    undone_at {timestamp},
    undone_by {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, survivor_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_merge_survivor_id ON {crm}merge (tenant_id, survivor_id, merged_at, id);

CREATE TABLE {crm}merge_move (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    merge_id {uuid} NOT NULL,
    entity {text} NOT NULL,
    record_id {uuid} NOT NULL,
    field {text} NOT NULL,
    from_id {uuid} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, merge_id) REFERENCES {crm}merge (tenant_id, id),
    FOREIGN KEY (tenant_id, from_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_merge_move_merge_id ON {crm}merge_move (tenant_id, merge_id, id);
