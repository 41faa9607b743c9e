-- Who owns what: pools, helpers, and the history of owners.

CREATE TABLE {crm}pool (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    org_unit_id {uuid},
    rules {json} NOT NULL,
    active {bool} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES {crm}org_unit (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_pool_external_id ON {crm}pool (tenant_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX crm_pool_name ON {crm}pool (tenant_id, name);

CREATE TABLE {crm}helper (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    role {text} NOT NULL,
    since {timestamp} NOT NULL,
    until {timestamp},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_helper_customer_id ON {crm}helper (tenant_id, customer_id, id);
CREATE INDEX crm_helper_staff_id ON {crm}helper (tenant_id, staff_id, id);

CREATE TABLE {crm}handover (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    plan {json} NOT NULL,
    reason {text},
    begun_at {timestamp} NOT NULL,
    begun_by {text} NOT NULL,
    done {json} NOT NULL,
    completed_at {timestamp},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_handover_staff_id ON {crm}handover (tenant_id, staff_id, id);

CREATE TABLE {crm}owner_change (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    customer_id {uuid},
    opportunity_id {uuid},
    lead_id {uuid},
    task_id {uuid},
    owner_before {uuid},
    owner_after {uuid},
    record_version {integer} NOT NULL,
    changed_at {timestamp} NOT NULL,
    changed_by {text} NOT NULL,
    verb {text} NOT NULL,
    reason {text},
    pool_id {uuid},
    trace {json} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES {crm}lead (tenant_id, id),
    FOREIGN KEY (tenant_id, task_id) REFERENCES {crm}task (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_before) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_after) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, pool_id) REFERENCES {crm}pool (tenant_id, id)
){options};

CREATE INDEX crm_owner_change_customer_id ON {crm}owner_change (tenant_id, customer_id, changed_at, id) WHERE customer_id IS NOT NULL;
CREATE INDEX crm_owner_change_opportunity_id ON {crm}owner_change (tenant_id, opportunity_id, changed_at, id) WHERE opportunity_id IS NOT NULL;
CREATE INDEX crm_owner_change_lead_id ON {crm}owner_change (tenant_id, lead_id, changed_at, id) WHERE lead_id IS NOT NULL;
CREATE INDEX crm_owner_change_task_id ON {crm}owner_change (tenant_id, task_id, changed_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX crm_owner_change_owner_after ON {crm}owner_change (tenant_id, owner_after, changed_at, id) WHERE owner_after IS NOT NULL;
