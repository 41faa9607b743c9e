-- Reports look for moves by when they were, in whichever pipeline: the index of pipelines gives way to one of time, so
-- that a move costs no more to write than before.

DROP INDEX {crm}stage_move_pipeline_id;

CREATE INDEX crm_stage_move_moved_at ON {crm}stage_move (tenant_id, moved_at, id);
