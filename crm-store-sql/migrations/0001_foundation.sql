-- The foundation: a table for each entity, and the change log.
-- {uuid}, {text} … are the types of the database; {crm}x is the table of x.
-- Every key and every index begins with the tenant; references stay within one.

CREATE TABLE {crm}org_unit (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    parent_id {uuid},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES {crm}org_unit (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_org_unit_external_id ON {crm}org_unit (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_org_unit_name ON {crm}org_unit (tenant_id, name);

CREATE TABLE {crm}staff_member (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    email {text},
    phone {text},
    title {text},
    org_unit_id {uuid},
    manager_id {uuid},
    active {bool} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES {crm}org_unit (tenant_id, id),
    FOREIGN KEY (tenant_id, manager_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_staff_member_external_id ON {crm}staff_member (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_staff_member_name ON {crm}staff_member (tenant_id, name);

CREATE TABLE {crm}product (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    category {text},
    unit {text},
    list_price {decimal},
    list_price_currency {text},
    active {bool} NOT NULL,
    PRIMARY KEY (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_product_external_id ON {crm}product (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_product_name ON {crm}product (tenant_id, name);

CREATE TABLE {crm}customer (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    kind {text} NOT NULL,
    name {text} NOT NULL,
    category {text},
    industry {text},
    phones {json} NOT NULL,
    fax {text},
    email {text},
    website {text},
    tax_number {text},
    street {text},
    postcode {text},
    city {text},
    region {text},
    country {text},
    employees {integer},
    yearly_revenue {decimal},
    yearly_revenue_currency {text},
    parent_id {uuid},
    source {text},
    owner_id {uuid},
    lifecycle_stage {text} NOT NULL,
    tags {json} NOT NULL,
    custom {json} NOT NULL,
    notes {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_customer_external_id ON {crm}customer (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_customer_name ON {crm}customer (tenant_id, name);

CREATE INDEX crm_customer_owner_id ON {crm}customer (tenant_id, owner_id, id);

CREATE INDEX crm_customer_parent_id ON {crm}customer (tenant_id, parent_id, id);

CREATE TABLE {crm}contact (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    customer_id {uuid},
    name {text} NOT NULL,
    given_name {text},
    family_name {text},
    title {text},
    department {text},
    role {text},
    phones {json} NOT NULL,
    email {text},
    language {text},
    birthday {date},
    tags {json} NOT NULL,
    custom {json} NOT NULL,
    notes {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_contact_external_id ON {crm}contact (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_contact_customer_id ON {crm}contact (tenant_id, customer_id, name);

CREATE INDEX crm_contact_email ON {crm}contact (tenant_id, email);

CREATE TABLE {crm}pipeline (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    stages {json} NOT NULL,
    active {bool} NOT NULL,
    PRIMARY KEY (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_pipeline_external_id ON {crm}pipeline (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE UNIQUE INDEX crm_pipeline_name ON {crm}pipeline (tenant_id, name);

CREATE TABLE {crm}opportunity (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    pipeline_id {uuid} NOT NULL,
    stage {text} NOT NULL,
    status {text} NOT NULL,
    closed_on {date},
    close_reason {text},
    competitor {text},
    opened_on {date},
    customer_id {uuid},
    contact_id {uuid},
    product_id {uuid},
    owner_id {uuid},
    amount {decimal},
    amount_currency {text},
    probability {decimal},
    probability_source {text} NOT NULL,
    expected_close {date},
    source {text},
    next_step {text},
    tags {json} NOT NULL,
    custom {json} NOT NULL,
    notes {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES {crm}product (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_opportunity_external_id ON {crm}opportunity (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_opportunity_customer_id ON {crm}opportunity (tenant_id, customer_id, id);

CREATE INDEX crm_opportunity_owner_id ON {crm}opportunity (tenant_id, owner_id, id);

CREATE INDEX crm_opportunity_pipeline_id ON {crm}opportunity (tenant_id, pipeline_id, stage, id);

CREATE TABLE {crm}interaction (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    customer_id {uuid} NOT NULL,
    contact_id {uuid},
    opportunity_id {uuid},
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
    status {text} NOT NULL,
    closed_at {timestamp},
    closed_by {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES {crm}contact (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, next_step_owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_interaction_external_id ON {crm}interaction (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_interaction_customer_id ON {crm}interaction (tenant_id, customer_id, happened_at, id);

CREATE INDEX crm_interaction_opportunity_id ON {crm}interaction (tenant_id, opportunity_id, happened_at, id);

CREATE TABLE {crm}transaction (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    customer_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    date {date} NOT NULL,
    revenue {decimal} NOT NULL,
    revenue_currency {text} NOT NULL,
    cost {decimal},
    cost_currency {text},
    quantity {decimal},
    product_id {uuid},
    opportunity_id {uuid},
    reference {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES {crm}product (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_transaction_external_id ON {crm}transaction (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_transaction_customer_id ON {crm}transaction (tenant_id, customer_id, date, id);

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
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_before) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_after) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_stage_move_opportunity_id ON {crm}stage_move (tenant_id, opportunity_id, moved_at, id);

-- `unit` stands for the transaction: later ones stand higher or equal.
CREATE TABLE {crm}change (
    tenant_id {uuid} NOT NULL,
    unit {integer} NOT NULL,
    id {uuid} NOT NULL,
    entity {text} NOT NULL,
    entity_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    actor {text} NOT NULL,
    at {timestamp} NOT NULL,
    event {text} NOT NULL,
    fields {json} NOT NULL,
    PRIMARY KEY (tenant_id, unit, id)
){options};

CREATE INDEX crm_change_record ON {crm}change (tenant_id, entity_id, version);
