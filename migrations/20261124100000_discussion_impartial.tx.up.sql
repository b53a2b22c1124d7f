-- Who decided a case, so that an appeal goes to somebody else.
ALTER TABLE discussion.cases ADD COLUMN decided_by uuid;
ALTER TABLE discussion.cases ADD CONSTRAINT decided_by_an_account
	FOREIGN KEY (tenant_id, decided_by) REFERENCES core.citizens (tenant_id, id) ON DELETE SET NULL (decided_by);
