-- A word the day before, once for each inscription.
ALTER TABLE missions.inscriptions ADD COLUMN reminded_at timestamptz;
