-- What else a record is found by, asked of one record of one kind.

DROP INDEX {crm}term_entity_id;

CREATE INDEX crm_term_entity_id ON {crm}term (tenant_id, entity_id, entity, term);
