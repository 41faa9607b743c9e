-- People: when they work, what they can do, how much they take on, who stands in for them; and their territories.

CREATE TABLE {crm}working_calendar (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    time_zone {text} NOT NULL,
    hours {json} NOT NULL,
    holidays {json} NOT NULL,
    PRIMARY KEY (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_working_calendar_external_id ON {crm}working_calendar (tenant_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE {crm}staff_member ADD COLUMN skills {json} NOT NULL DEFAULT '{}';

ALTER TABLE {crm}staff_member ADD COLUMN languages {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}staff_member ADD COLUMN regions {json} NOT NULL DEFAULT '[]';

ALTER TABLE {crm}staff_member ADD COLUMN weight {integer};

ALTER TABLE {crm}staff_member ADD COLUMN capacity {json} NOT NULL DEFAULT '{}';

ALTER TABLE {crm}staff_member ADD COLUMN calendar_id {uuid};

ALTER TABLE {crm}staff_member ADD COLUMN shifts {json} NOT NULL DEFAULT '[]';

CREATE TABLE {crm}absence (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    first_day {date} NOT NULL,
    last_day {date},
    kind {text} NOT NULL,
    deputy_id {uuid},
    note {text},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id),
    FOREIGN KEY (tenant_id, deputy_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_absence_staff_id ON {crm}absence (tenant_id, staff_id, id);

CREATE INDEX crm_absence_last_day ON {crm}absence (tenant_id, last_day{nulls_first}, id);

CREATE TABLE {crm}territory (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    external_id {text},
    name {text} NOT NULL,
    parent_id {uuid},
    criteria {json} NOT NULL,
    priority {integer} NOT NULL,
    first_day {date},
    last_day {date},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES {crm}territory (tenant_id, id)
){options};

CREATE UNIQUE INDEX crm_territory_external_id ON {crm}territory (tenant_id, external_id) WHERE external_id IS NOT NULL;

CREATE INDEX crm_territory_parent_id ON {crm}territory (tenant_id, parent_id, id);

CREATE TABLE {crm}territory_member (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    territory_id {uuid} NOT NULL,
    staff_id {uuid} NOT NULL,
    role {text} NOT NULL,
    first_day {date},
    last_day {date},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, territory_id) REFERENCES {crm}territory (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES {crm}staff_member (tenant_id, id)
){options};

CREATE INDEX crm_territory_member_territory_id ON {crm}territory_member (tenant_id, territory_id, id);

CREATE INDEX crm_territory_member_staff_id ON {crm}territory_member (tenant_id, staff_id, id);
