-- Where a tenant lies: the middle of its territory and how far things may be
-- from it to be placed on its plan. Micro-degrees: no decision hangs on a float.
ALTER TABLE core.tenants
	ADD COLUMN center_lat integer NOT NULL DEFAULT 0,
	ADD COLUMN center_lon integer NOT NULL DEFAULT 0,
	ADD COLUMN radius_m   integer NOT NULL DEFAULT 0, -- 0: not said, everything is inside
	ADD CONSTRAINT tenant_lies_on_earth CHECK (center_lat BETWEEN -90000000 AND 90000000 AND center_lon BETWEEN -180000000 AND 180000000),
	ADD CONSTRAINT tenant_radius_is_of_a_territory CHECK (radius_m BETWEEN 0 AND 200000);
