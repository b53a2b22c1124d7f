-- What a notice is news of, where its address does not say: with the module
-- switched off, its news are not shown.
ALTER TABLE core.notices ADD COLUMN module text NOT NULL DEFAULT '';
