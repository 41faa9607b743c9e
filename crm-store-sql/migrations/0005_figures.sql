-- What reports add up: of opportunities, and of their moves. The figures of opportunities from before are set when
-- they are written or checked again; of moves from before it is known when each was and when it came into its stage. In
-- which category they counted, and where they led, is told by the pipelines as they are now: nothing older is kept.

ALTER TABLE {crm}opportunity ADD COLUMN weighted {decimal};

ALTER TABLE {crm}opportunity ADD COLUMN weighted_currency {text};

ALTER TABLE {crm}opportunity ADD COLUMN forecast_month {date};

ALTER TABLE {crm}opportunity ADD COLUMN cycle_days {integer};

ALTER TABLE {crm}opportunity ADD COLUMN moved_at {timestamp};

ALTER TABLE {crm}opportunity ADD COLUMN shared {bool} NOT NULL DEFAULT FALSE;

ALTER TABLE {crm}opportunity ADD COLUMN itemised {bool} NOT NULL DEFAULT FALSE;

ALTER TABLE {crm}opportunity ADD COLUMN stage_category {text};

ALTER TABLE {crm}opportunity ADD COLUMN counts_as {text};

ALTER TABLE {crm}stage_move ADD COLUMN category_before {text};

ALTER TABLE {crm}stage_move ADD COLUMN category_after {text};

ALTER TABLE {crm}stage_move ADD COLUMN weighted_before {decimal};

ALTER TABLE {crm}stage_move ADD COLUMN weighted_before_currency {text};

ALTER TABLE {crm}stage_move ADD COLUMN since {timestamp};

ALTER TABLE {crm}stage_move ADD COLUMN entered_at {timestamp};

ALTER TABLE {crm}stage_move ADD COLUMN stayed_days {integer};

ALTER TABLE {crm}stage_move ADD COLUMN slipped_days {integer};

ALTER TABLE {crm}stage_move ADD COLUMN probability_source_before {text};

ALTER TABLE {crm}stage_move ADD COLUMN probability_source_after {text};

ALTER TABLE {crm}stage_move ADD COLUMN course {text};

UPDATE {crm}opportunity SET moved_at = (SELECT max(m.moved_at) FROM {crm}stage_move AS m WHERE m.tenant_id = {crm}opportunity.tenant_id AND m.opportunity_id = {crm}opportunity.id);

UPDATE {crm}stage_move SET since = (SELECT max(b.moved_at) FROM {crm}stage_move AS b WHERE b.tenant_id = {crm}stage_move.tenant_id AND b.opportunity_id = {crm}stage_move.opportunity_id AND b.number < {crm}stage_move.number), entered_at = (SELECT b.moved_at FROM {crm}stage_move AS b WHERE b.tenant_id = {crm}stage_move.tenant_id AND b.opportunity_id = {crm}stage_move.opportunity_id AND b.number < {crm}stage_move.number AND (b.from_stage IS NULL OR b.from_stage <> b.to_stage OR b.from_pipeline_id <> b.pipeline_id) ORDER BY b.number DESC LIMIT 1) WHERE number > 1;

CREATE TABLE {crm}stage_before (
    tenant_id {uuid} NOT NULL,
    pipeline_id {uuid} NOT NULL,
    stage {text} NOT NULL,
    kind {text} NOT NULL,
    category {text} NOT NULL,
    place {integer},
    PRIMARY KEY (tenant_id, pipeline_id, stage)
){key_options};

-- Open stages are numbered in their order; those that are won come after the last.
INSERT INTO {crm}stage_before (tenant_id, pipeline_id, stage, kind, category, place)
SELECT s.tenant_id, s.id, s.stage, s.kind, coalesce(s.category, CASE s.kind WHEN 'open' THEN 'pipeline' WHEN 'won' THEN 'closed' ELSE 'omitted' END), CASE s.kind WHEN 'open' THEN s.place WHEN 'won' THEN s.places + 1 END
FROM (SELECT e.tenant_id, e.id, e.stage, e.kind, e.category, sum(CASE e.kind WHEN 'open' THEN 1 ELSE 0 END) OVER (PARTITION BY e.tenant_id, e.id ORDER BY e.place) AS place, sum(CASE e.kind WHEN 'open' THEN 1 ELSE 0 END) OVER (PARTITION BY e.tenant_id, e.id) AS places
FROM (SELECT p.tenant_id, p.id, element.value ->> 'key' AS stage, element.value ->> 'kind' AS kind, element.value ->> 'category' AS category, element.key AS place FROM {crm}pipeline AS p, {stages of p}) AS e) AS s;

UPDATE {crm}opportunity SET stage_category = (SELECT s.category FROM {crm}stage_before AS s WHERE s.tenant_id = {crm}opportunity.tenant_id AND s.pipeline_id = {crm}opportunity.pipeline_id AND s.stage = {crm}opportunity.stage);

UPDATE {crm}opportunity SET counts_as = CASE status WHEN 'won' THEN 'closed' WHEN 'open' THEN coalesce(CASE WHEN forecast_category <> 'closed' THEN forecast_category END, CASE WHEN stage_category <> 'closed' THEN stage_category END, 'pipeline') END;

UPDATE {crm}stage_move SET category_before = CASE from_status WHEN 'won' THEN 'closed' WHEN 'open' THEN coalesce((SELECT s.category FROM {crm}stage_before AS s WHERE s.tenant_id = {crm}stage_move.tenant_id AND s.pipeline_id = {crm}stage_move.from_pipeline_id AND s.stage = {crm}stage_move.from_stage AND s.category <> 'closed'), 'pipeline') END, category_after = CASE to_status WHEN 'won' THEN 'closed' WHEN 'open' THEN coalesce((SELECT s.category FROM {crm}stage_before AS s WHERE s.tenant_id = {crm}stage_move.tenant_id AND s.pipeline_id = {crm}stage_move.pipeline_id AND s.stage = {crm}stage_move.to_stage AND s.category <> 'closed'), 'pipeline') END;

UPDATE {crm}stage_move SET course = CASE WHEN from_status = 'open' THEN (SELECT CASE WHEN t.place < f.place THEN 'back' WHEN t.place = f.place + 1 THEN 'next' WHEN t.place > f.place THEN 'ahead' END FROM {crm}stage_before AS f JOIN {crm}stage_before AS t ON t.tenant_id = f.tenant_id AND t.pipeline_id = f.pipeline_id WHERE f.tenant_id = {crm}stage_move.tenant_id AND f.pipeline_id = {crm}stage_move.pipeline_id AND f.stage = {crm}stage_move.from_stage AND t.stage = {crm}stage_move.to_stage) WHEN to_status = 'open' THEN 'back' END WHERE from_pipeline_id = pipeline_id AND from_stage <> to_stage;

DROP TABLE {crm}stage_before;

CREATE INDEX crm_opportunity_forecast_month ON {crm}opportunity (tenant_id, forecast_month, id);
