-- The forecast: exchange rates, targets, adjustments, snapshots and their lines.

CREATE TABLE {crm}exchange_rate (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    from_currency {text} NOT NULL,
    to_currency {text} NOT NULL,
    date {date} NOT NULL,
    per {integer} NOT NULL,
    price {decimal} NOT NULL,
    source {text},
    PRIMARY KEY (tenant_id, id)
){options};

CREATE INDEX crm_exchange_rate_pair ON {crm}exchange_rate (tenant_id, to_currency, from_currency, date, id);

CREATE TABLE {crm}target (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    staff_id {uuid},
    org_unit_id {uuid},
    start {date} NOT NULL,
    length {text} NOT NULL,
    product_id {uuid},
    pipeline_id {uuid},
    amount {decimal} NOT NULL,
    amount_currency {text} NOT NULL,
    note {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES {crm}org_unit (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES {crm}product (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id)
){options};

CREATE INDEX crm_target_start ON {crm}target (tenant_id, start, id);

CREATE TABLE {crm}forecast_adjustment (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    number {integer} NOT NULL,
    staff_id {uuid},
    org_unit_id {uuid},
    start {date} NOT NULL,
    length {text} NOT NULL,
    category {text} NOT NULL,
    amount {decimal} NOT NULL,
    amount_currency {text} NOT NULL,
    adjusted_by {uuid} NOT NULL,
    adjusted_at {timestamp} NOT NULL,
    reason {text} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES {crm}org_unit (tenant_id, id),
    FOREIGN KEY (tenant_id, adjusted_by) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_forecast_adjustment_start ON {crm}forecast_adjustment (tenant_id, start, id);

CREATE TABLE {crm}forecast_snapshot (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    day {date} NOT NULL,
    pipeline_id {uuid},
    begun_at {timestamp} NOT NULL,
    begun_by {text} NOT NULL,
    reached {uuid},
    lines {integer} NOT NULL,
    totals {json} NOT NULL,
    complete {bool} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id),
    FOREIGN KEY (tenant_id, reached) REFERENCES {crm}opportunity (tenant_id, id)
){options};

CREATE INDEX crm_forecast_snapshot_day ON {crm}forecast_snapshot (tenant_id, day, id);

CREATE TABLE {crm}snapshot_line (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    snapshot_id {uuid} NOT NULL,
    opportunity_id {uuid} NOT NULL,
    pipeline_id {uuid} NOT NULL,
    stage {text} NOT NULL,
    status {text} NOT NULL,
    category {text} NOT NULL,
    month {date},
    owner_id {uuid},
    splits {json} NOT NULL,
    amount {decimal},
    amount_currency {text},
    weighted {decimal},
    weighted_currency {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, snapshot_id) REFERENCES {crm}forecast_snapshot (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_snapshot_line_snapshot_id ON {crm}snapshot_line (tenant_id, snapshot_id, opportunity_id, id);
