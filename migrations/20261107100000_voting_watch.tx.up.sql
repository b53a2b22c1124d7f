-- What scrutineers watch: signals, and the register of incidents.

-- How many accounts or devices came by one network, one device or a throw-away
-- address: keyed hashes, of which only counts are ever shown. There is no
-- ballot here, nor a moment. They go a day after the poll is over.
CREATE TABLE voting.sightings (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	kind       text NOT NULL CHECK (kind IN ('network', 'device', 'mail')),
	source     bytea NOT NULL CHECK (length(source) = 16),
	member     bytea NOT NULL CHECK (length(member) = 16),
	CONSTRAINT one_sighting_per_member PRIMARY KEY (tenant_id, poll_id, kind, source, member),
	CONSTRAINT sighting_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

-- What is left of them: counts that are large enough to tell of nobody.
CREATE TABLE voting.findings (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	kind       text NOT NULL CHECK (kind IN ('network', 'device', 'mail')),
	sources    bigint NOT NULL CHECK (sources > 0),
	largest    bigint NOT NULL CHECK (largest > 0),
	CONSTRAINT one_finding_per_kind PRIMARY KEY (tenant_id, poll_id, kind),
	CONSTRAINT finding_is_of_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id) ON DELETE CASCADE
);

-- The register of incidents: nothing in it is ever changed or removed. summary
-- is public; detail is for those who watch over the poll.
CREATE TABLE voting.incident_entries (
	tenant_id  uuid NOT NULL,
	poll_id    uuid NOT NULL,
	incident   int  NOT NULL CHECK (incident > 0),
	number     int  NOT NULL CHECK (number > 0),
	kind       text NOT NULL CHECK (kind IN ('recorded', 'followed', 'closed')),
	at         timestamptz NOT NULL DEFAULT core.now(),
	actor      uuid NOT NULL,
	summary    text NOT NULL,
	detail     text NOT NULL DEFAULT '',
	CONSTRAINT one_incident_entry_per_number PRIMARY KEY (tenant_id, poll_id, incident, number),
	CONSTRAINT incident_is_in_a_poll FOREIGN KEY (tenant_id, poll_id) REFERENCES voting.polls (tenant_id, id),
	CONSTRAINT an_incident_begins_by_being_recorded CHECK ((number = 1) = (kind = 'recorded')),
	CONSTRAINT an_incident_entry_says_something CHECK (summary <> '')
);
CREATE UNIQUE INDEX an_incident_is_closed_once ON voting.incident_entries (tenant_id, poll_id, incident) WHERE kind = 'closed';

SELECT core.protect('voting.sightings');
SELECT core.protect('voting.findings');
SELECT core.protect('voting.incident_entries');

GRANT SELECT, INSERT, DELETE ON voting.sightings TO parvis_app;
GRANT SELECT, INSERT ON voting.findings, voting.incident_entries TO parvis_app;
GRANT SELECT (tenant_id, poll_id), DELETE ON voting.sightings TO parvis_custodian;
