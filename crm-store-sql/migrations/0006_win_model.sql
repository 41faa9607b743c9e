-- Win models: what closed opportunities say of open ones. Only ever added.

CREATE TABLE {crm}win_model (
    tenant_id {uuid} NOT NULL,
    version {integer} NOT NULL,
    id {uuid} NOT NULL,
    pipeline_id {uuid} NOT NULL,
    number {integer} NOT NULL,
    method {text} NOT NULL,
    since {date} NOT NULL,
    as_of {date} NOT NULL,
    split {date} NOT NULL,
    won {integer} NOT NULL,
    lost {integer} NOT NULL,
    fields {json} NOT NULL,
    evaluation {json} NOT NULL,
    trained_at {timestamp} NOT NULL,
    trained_by {text} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, pipeline_id) REFERENCES {crm}pipeline (tenant_id, id)
){options};

CREATE INDEX crm_win_model_pipeline_id ON {crm}win_model (tenant_id, pipeline_id, number, id);
