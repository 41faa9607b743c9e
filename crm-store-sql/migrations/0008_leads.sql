-- Leads, what happened with them, and tasks for them; what the house asks of leads.

ALTER TABLE {crm}settings ADD COLUMN leads {json} NOT NULL DEFAULT '{}';

CREATE TABLE {crm}lead (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text},
    given_name {text},
    family_name {text},
    title {text},
    company {text},
    industry {text},
    employees {integer},
    email {text},
    phones {json} NOT NULL,
    website {text},
    tax_number {text},
    street {text},
    postcode {text},
    city {text},
    region {text},
    country {text},
    source {text},
    campaign {text},
    score {integer},
    score_by {text},
    rating {text},
    qualification {json} NOT NULL,
    owner_id {uuid},
    product_id {uuid},
    amount {decimal},
    amount_currency {text},
    received_at {timestamp},
    tags {json} NOT NULL,
    custom {json} NOT NULL,
    notes {text},
    status {text} NOT NULL,
    decided_at {timestamp},
    decided_by {text},
    reason {text},
    customer_id {uuid},
    contact_id {uuid},
    opportunity_id {uuid},
    recycled {integer} NOT NULL,
    recall_on {date},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES {crm}product (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_lead_external_id ON {crm}lead (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_lead_status ON {crm}lead (tenant_id, status, received_at, id);

CREATE INDEX crm_lead_owner_id ON {crm}lead (tenant_id, owner_id, status, id);

CREATE INDEX crm_lead_customer_id ON {crm}lead (tenant_id, customer_id, id) WHERE customer_id IS NOT NULL;

CREATE INDEX crm_lead_contact_id ON {crm}lead (tenant_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE INDEX crm_lead_opportunity_id ON {crm}lead (tenant_id, opportunity_id, id) WHERE opportunity_id IS NOT NULL;

CREATE TABLE {crm}lead_activity (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    lead_id {uuid} NOT NULL,
    staff_id {uuid},
    channel {text} NOT NULL,
    direction {text} NOT NULL,
    happened_at {timestamp} NOT NULL,
    minutes {integer},
    place {text},
    subject {text},
    content {text},
    outcome {text},
    next_step {text},
    next_step_due {date},
    next_step_owner_id {uuid},
    recorded_at {timestamp},
    recorded_by {text} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES {crm}lead (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, next_step_owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_lead_activity_lead_id ON {crm}lead_activity (tenant_id, lead_id, happened_at, id);

CREATE INDEX crm_lead_activity_staff_id ON {crm}lead_activity (tenant_id, staff_id, happened_at, id);

-- Tasks may be for a lead. The table is made anew: a column that is added cannot refer to another table
-- by the tenant and the id in SQLite.
ALTER TABLE {crm}task RENAME TO crm_task_before;

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
    lead_id {uuid},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, interaction_id) REFERENCES {crm}interaction (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES {crm}lead (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

INSERT INTO {crm}task (tenant_id, version, id, external_id, customer_id, contact_id, opportunity_id, interaction_id, title, notes, owner_id, due, due_at, remind_at, priority, recurrence, planned, created_at, status, since, closed_by, outcome, reason)
SELECT tenant_id, version, id, external_id, customer_id, contact_id, opportunity_id, interaction_id, title, notes, owner_id, due, due_at, remind_at, priority, recurrence, planned, created_at, status, since, closed_by, outcome, reason
FROM {crm}task_before;

DROP TABLE {crm}task_before;

CREATE UNIQUE INDEX crm_task_external_id ON {crm}task (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_task_owner_id ON {crm}task (tenant_id, owner_id, status, due, id);

CREATE INDEX crm_task_due ON {crm}task (tenant_id, status, due, id);

CREATE INDEX crm_task_remind_at ON {crm}task (tenant_id, status, remind_at, id);

CREATE INDEX crm_task_customer_id ON {crm}task (tenant_id, customer_id, since, id);

CREATE INDEX crm_task_contact_id ON {crm}task (tenant_id, contact_id, id) WHERE contact_id IS NOT NULL;

CREATE INDEX crm_task_opportunity_id ON {crm}task (tenant_id, opportunity_id, since, id);

CREATE INDEX crm_task_interaction_id ON {crm}task (tenant_id, interaction_id, since, id);

CREATE INDEX crm_task_lead_id ON {crm}task (tenant_id, lead_id, id) WHERE lead_id IS NOT NULL;
