-- What customers bring, added up: rows that the stores keep with the transactions. They refer to no customer by a
-- constraint: only transactions, which do, lead to them.

CREATE TABLE {crm}customer_value (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    revenue {decimal} NOT NULL,
    revenue_currency {text} NOT NULL,
    returned {decimal} NOT NULL,
    returned_currency {text} NOT NULL,
    cost {decimal} NOT NULL,
    cost_currency {text} NOT NULL,
    orders {integer} NOT NULL,
    returns {integer} NOT NULL,
    transactions {integer} NOT NULL,
    without_cost {integer} NOT NULL,
    revenue_beyond {integer} NOT NULL,
    returned_beyond {integer} NOT NULL,
    cost_beyond {integer} NOT NULL,
    PRIMARY KEY (tenant_id, customer_id, revenue_currency)
){key_options};

CREATE UNIQUE INDEX crm_customer_value_id ON {crm}customer_value (tenant_id, id);

CREATE TABLE {crm}monthly_value (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    month {date} NOT NULL,
    revenue {decimal} NOT NULL,
    revenue_currency {text} NOT NULL,
    returned {decimal} NOT NULL,
    returned_currency {text} NOT NULL,
    cost {decimal} NOT NULL,
    cost_currency {text} NOT NULL,
    orders {integer} NOT NULL,
    returns {integer} NOT NULL,
    transactions {integer} NOT NULL,
    without_cost {integer} NOT NULL,
    revenue_beyond {integer} NOT NULL,
    returned_beyond {integer} NOT NULL,
    cost_beyond {integer} NOT NULL,
    PRIMARY KEY (tenant_id, customer_id, revenue_currency, month)
){key_options};

CREATE UNIQUE INDEX crm_monthly_value_id ON {crm}monthly_value (tenant_id, id);

CREATE INDEX crm_monthly_value_month ON {crm}monthly_value (tenant_id, month, customer_id);

-- Of the transactions that are there. An id that follows from the key cannot be had from every database; that of the
-- first transaction is as good.

INSERT INTO {crm}customer_value (
    tenant_id, version, id, customer_id, revenue, revenue_currency, returned, returned_currency, cost, cost_currency,
    orders, returns, transactions, without_cost, revenue_beyond, returned_beyond, cost_beyond
)
SELECT
    tenant_id, 1, {least_id}, customer_id, {low revenue}, revenue_currency, {low returned}, revenue_currency,
    {low cost}, revenue_currency, sum(orders), sum(returns), count(*), sum(without_cost),
    {beyond revenue}, {beyond returned}, {beyond cost}
FROM (
    SELECT
        tenant_id, id, customer_id, revenue_currency,
        CASE kind WHEN 'order' THEN revenue ELSE 0 END AS revenue,
        CASE kind WHEN 'return' THEN revenue ELSE 0 END AS returned,
        CASE WHEN kind = 'payment' OR cost IS NULL THEN 0 ELSE cost END AS cost,
        CASE kind WHEN 'order' THEN 1 ELSE 0 END AS orders,
        CASE kind WHEN 'return' THEN 1 ELSE 0 END AS returns,
        CASE WHEN kind <> 'payment' AND cost IS NULL THEN 1 ELSE 0 END AS without_cost
    FROM {crm}transaction
) AS one
GROUP BY tenant_id, customer_id, revenue_currency;

INSERT INTO {crm}monthly_value (
    tenant_id, version, id, customer_id, month, revenue, revenue_currency, returned, returned_currency, cost, cost_currency,
    orders, returns, transactions, without_cost, revenue_beyond, returned_beyond, cost_beyond
)
SELECT
    tenant_id, 1, {least_id}, customer_id, month, {low revenue}, revenue_currency, {low returned}, revenue_currency,
    {low cost}, revenue_currency, sum(orders), sum(returns), count(*), sum(without_cost),
    {beyond revenue}, {beyond returned}, {beyond cost}
FROM (
    SELECT
        tenant_id, id, customer_id, {month} AS month, revenue_currency,
        CASE kind WHEN 'order' THEN revenue ELSE 0 END AS revenue,
        CASE kind WHEN 'return' THEN revenue ELSE 0 END AS returned,
        CASE WHEN kind = 'payment' OR cost IS NULL THEN 0 ELSE cost END AS cost,
        CASE kind WHEN 'order' THEN 1 ELSE 0 END AS orders,
        CASE kind WHEN 'return' THEN 1 ELSE 0 END AS returns,
        CASE WHEN kind <> 'payment' AND cost IS NULL THEN 1 ELSE 0 END AS without_cost
    FROM {crm}transaction
) AS one
GROUP BY tenant_id, customer_id, month, revenue_currency;

-- Runs over what customers bring, the policies of a house for them, and the tiers that follow.

CREATE TABLE {crm}value_run (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    name {text},
    from_day {date},
    to_day {date} NOT NULL,
    as_of {date} NOT NULL,
    basis {text} NOT NULL,
    currency {text} NOT NULL,
    policies {json} NOT NULL,
    totals {json},
    detail {text} NOT NULL,
    lines {integer} NOT NULL,
    follows {uuid},
    taken_at {timestamp} NOT NULL,
    taken_by {text} NOT NULL,
    applies_after {text},
    applied_at {timestamp},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, follows) REFERENCES {crm}value_run (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_value_run_name ON {crm}value_run (tenant_id, name) WHERE name IS NOT NULL;

CREATE UNIQUE INDEX crm_value_run_applies_after ON {crm}value_run (tenant_id, applies_after)
    WHERE applies_after IS NOT NULL;

CREATE TABLE {crm}value_run_line (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    run_id {uuid} NOT NULL,
    customer_id {uuid} NOT NULL,
    revenue {decimal} NOT NULL,
    returned {decimal} NOT NULL,
    cost {decimal} NOT NULL,
    cost_to_serve {decimal} NOT NULL,
    effort {json},
    orders {integer} NOT NULL,
    returns {integer} NOT NULL,
    without_cost {integer} NOT NULL,
    last_order {date},
    value {decimal},
    value_currency {text},
    rank {integer},
    tied {integer},
    class {text},
    share {decimal},
    cumulative_share {decimal},
    share_before {decimal},
    fifth {text},
    recency {integer},
    frequency {integer},
    monetary {integer},
    scale {text},
    segment {text},
    expected {decimal},
    history {json},
    standing {text},
    tier {text},
    tier_before {json},
    tier_after {json},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, run_id) REFERENCES {crm}value_run (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES {crm}customer (tenant_id, id)
){options};

CREATE INDEX crm_value_run_line_run_id ON {crm}value_run_line (tenant_id, run_id, customer_id, id);
CREATE INDEX crm_value_run_line_customer_id ON {crm}value_run_line (tenant_id, customer_id, id);

-- What runs with classes keep: pages of some thousand customers in the order of their ids, from the first to the last of
-- them. `classes` is base64 (RFC 4648, without padding) of 25 bytes a customer: 16 of its id, 8 of what it brings (in units of
-- 10^-4, the highest byte first), and the letter of its class. They are written with their run alone, of customers
-- that are read in the same unit, and refer to neither by a constraint.

CREATE TABLE {crm}value_run_classes (
    tenant_id {uuid} NOT NULL,
    run_id {uuid} NOT NULL,
    last_id {uuid} NOT NULL,
    first_id {uuid} NOT NULL,
    classes {text} NOT NULL,
    PRIMARY KEY (tenant_id, run_id, last_id)
){options};

{uncompressed classes of value_run_classes};

ALTER TABLE {crm}customer ADD COLUMN tier {text};

ALTER TABLE {crm}customer ADD COLUMN tier_reason {text};

ALTER TABLE {crm}customer ADD COLUMN value {decimal};

ALTER TABLE {crm}customer ADD COLUMN value_currency {text};

ALTER TABLE {crm}customer ADD COLUMN value_class {text};

ALTER TABLE {crm}settings ADD COLUMN value_policies {json} NOT NULL DEFAULT '{}';
