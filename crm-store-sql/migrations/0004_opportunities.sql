-- Opportunities: rules of pipelines, lines, shares, approvals, and moves that are numbered.

ALTER TABLE {crm}pipeline ADD COLUMN rules {json} NOT NULL DEFAULT '{}';

ALTER TABLE {crm}opportunity ADD COLUMN lines {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}opportunity ADD COLUMN splits {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}opportunity ADD COLUMN forecast_category {text};

ALTER TABLE {crm}opportunity ADD COLUMN decided_from {text};

ALTER TABLE {crm}opportunity ADD COLUMN stage_since {timestamp};

ALTER TABLE {crm}opportunity ADD COLUMN moves {integer} NOT NULL DEFAULT 0;

-- approvals

CREATE TABLE {crm}approval (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    opportunity_id {uuid} NOT NULL,
    number {integer} NOT NULL,
    gate {text} NOT NULL,
    granted {bool} NOT NULL,
    amount {decimal},
    amount_currency {text},
    decided_by {uuid} NOT NULL,
    decided_at {timestamp} NOT NULL,
    note {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, decided_by) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_approval_opportunity_id ON {crm}approval (tenant_id, opportunity_id, number, id);

CREATE INDEX crm_approval_decided_by ON {crm}approval (tenant_id, decided_by, id);

-- Moves are numbered, and know their pipeline. The table is made anew: a column that is added cannot
-- refer to another table by the tenant and the id in SQLite.
ALTER TABLE {crm}stage_move RENAME TO crm_stage_move_before;

CREATE TABLE {crm}stage_move (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    opportunity_id {uuid} NOT NULL,
    number {integer} NOT NULL,
    kind {text} NOT NULL,
    from_pipeline_id {uuid},
    pipeline_id {uuid} NOT NULL,
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
    waived {json} NOT NULL,
    waived_by {uuid},
    customer_id {uuid},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, opportunity_id) REFERENCES {crm}opportunity (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_before) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_after) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id),
    FOREIGN KEY (tenant_id, from_pipeline_id) REFERENCES {crm}pipeline (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id),
    FOREIGN KEY (tenant_id, waived_by) REFERENCES {crm}staff_member (tenant_id, id)
){options};

INSERT INTO {crm}stage_move (tenant_id, version, id, opportunity_id, kind, from_stage, to_stage, from_status, to_status, amount_before, amount_before_currency, amount_after, amount_after_currency, probability_before, probability_after, expected_close_before, expected_close_after, owner_before, owner_after, moved_at, moved_by, reason, customer_id, number, from_pipeline_id, pipeline_id, waived, waived_by)
SELECT m.tenant_id, m.version, m.id, m.opportunity_id, m.kind, m.from_stage, m.to_stage, m.from_status, m.to_status, m.amount_before, m.amount_before_currency, m.amount_after, m.amount_after_currency, m.probability_before, m.probability_after, m.expected_close_before, m.expected_close_after, m.owner_before, m.owner_after, m.moved_at, m.moved_by, m.reason, m.customer_id, row_number() OVER (PARTITION BY m.tenant_id, m.opportunity_id ORDER BY m.moved_at, m.id), CASE WHEN m.from_stage IS NULL THEN NULL ELSE o.pipeline_id END, o.pipeline_id, '[]', NULL
FROM {crm}stage_move_before AS m
JOIN {crm}opportunity AS o ON o.tenant_id = m.tenant_id AND o.id = m.opportunity_id;

DROP TABLE {crm}stage_move_before;

CREATE INDEX crm_stage_move_opportunity_id ON {crm}stage_move (tenant_id, opportunity_id, number, id);

CREATE INDEX crm_stage_move_customer_id ON {crm}stage_move (tenant_id, customer_id, moved_at, id);

CREATE INDEX crm_stage_move_pipeline_id ON {crm}stage_move (tenant_id, pipeline_id, moved_at, id);

UPDATE {crm}opportunity SET moves = (SELECT count(*) FROM {crm}stage_move AS m WHERE m.tenant_id = {crm}opportunity.tenant_id AND m.opportunity_id = {crm}opportunity.id), stage_since = (SELECT max(m.moved_at) FROM {crm}stage_move AS m WHERE m.tenant_id = {crm}opportunity.tenant_id AND m.opportunity_id = {crm}opportunity.id), decided_from = (SELECT m.from_stage FROM {crm}stage_move AS m WHERE m.tenant_id = {crm}opportunity.tenant_id AND m.opportunity_id = {crm}opportunity.id AND m.from_status = 'open' AND m.to_status = {crm}opportunity.status AND {crm}opportunity.status <> 'open' ORDER BY m.number DESC LIMIT 1);
