-- What reports add up: of opportunities, and of their moves. The figures of opportunities from before are set when
-- they are written or checked again; of moves from before it is known when each was and when it came into its stage.

ALTER TABLE {crm}opportunity ADD COLUMN weighted {decimal};

ALTER TABLE {crm}opportunity ADD COLUMN weighted_currency {text};

ALTER TABLE {crm}opportunity ADD COLUMN forecast_month {date};

ALTER TABLE {crm}opportunity ADD COLUMN cycle_days {integer};

ALTER TABLE {crm}opportunity ADD COLUMN moved_at {timestamp};

ALTER TABLE {crm}opportunity ADD COLUMN shared {bool} NOT NULL DEFAULT FALSE;

ALTER TABLE {crm}opportunity ADD COLUMN itemised {bool} NOT NULL DEFAULT FALSE;

ALTER TABLE {crm}stage_move ADD COLUMN category_before {text};

ALTER TABLE {crm}stage_move ADD COLUMN category_after {text};

ALTER TABLE {crm}stage_move ADD COLUMN weighted_before {decimal};

ALTER TABLE {crm}stage_move ADD COLUMN weighted_before_currency {text};

ALTER TABLE {crm}stage_move ADD COLUMN since {timestamp};

ALTER TABLE {crm}stage_move ADD COLUMN entered_at {timestamp};

ALTER TABLE {crm}stage_move ADD COLUMN stayed_days {integer};

ALTER TABLE {crm}stage_move ADD COLUMN slipped_days {integer};

UPDATE {crm}opportunity SET moved_at = (SELECT max(m.moved_at) FROM {crm}stage_move AS m WHERE m.tenant_id = {crm}opportunity.tenant_id AND m.opportunity_id = {crm}opportunity.id);

UPDATE {crm}stage_move SET since = (SELECT max(b.moved_at) FROM {crm}stage_move AS b WHERE b.tenant_id = {crm}stage_move.tenant_id AND b.opportunity_id = {crm}stage_move.opportunity_id AND b.number < {crm}stage_move.number), entered_at = (SELECT b.moved_at FROM {crm}stage_move AS b WHERE b.tenant_id = {crm}stage_move.tenant_id AND b.opportunity_id = {crm}stage_move.opportunity_id AND b.number < {crm}stage_move.number AND (b.from_stage IS NULL OR b.from_stage <> b.to_stage OR b.from_pipeline_id <> b.pipeline_id) ORDER BY b.number DESC LIMIT 1) WHERE number > 1;

CREATE INDEX crm_opportunity_forecast_month ON {crm}opportunity (tenant_id, forecast_month, id);
