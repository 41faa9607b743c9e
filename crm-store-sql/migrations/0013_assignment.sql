-- Who gets a record: rules, and whose turn it is.

CREATE TABLE {crm}assignment_rules (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    name {text} NOT NULL,
    position {integer} NOT NULL,
    active {bool} NOT NULL,
    first_day {date},
    last_day {date},
    rules {json} NOT NULL,
    PRIMARY KEY (tenant_id, id)
){options};

CREATE TABLE {crm}assignment_cursor (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    rules_id {uuid} NOT NULL,
    rule {text} NOT NULL,
    choice {integer} NOT NULL,
    territory_id {uuid},
    state {json} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, rules_id) REFERENCES {crm}assignment_rules (tenant_id, id),
    FOREIGN KEY (tenant_id, territory_id) REFERENCES {crm}territory (tenant_id, id)
){options};

CREATE INDEX crm_assignment_cursor_rules_id ON {crm}assignment_cursor (tenant_id, rules_id, id);
CREATE INDEX crm_assignment_cursor_territory_id ON {crm}assignment_cursor (tenant_id, territory_id, id);
