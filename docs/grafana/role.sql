-- The role that Grafana reads with: readings and alarms, no names of persons, nothing of the book, and nothing to write.
-- Run once by the owner of the tables; then give it a password: \password gradewatch_reader

CREATE ROLE gradewatch_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 8;
ALTER ROLE gradewatch_reader SET default_transaction_read_only = on;
-- Whoever asks for a year at once asks again with less; the service goes on writing meanwhile.
ALTER ROLE gradewatch_reader SET statement_timeout = '30s';

GRANT USAGE ON SCHEMA public TO gradewatch_reader;
GRANT SELECT ON reading TO gradewatch_reader;
GRANT SELECT (id, line, grade, label_en, label_zh) ON zone TO gradewatch_reader;
GRANT SELECT (id, zone, unit, kind, label_en, label_zh) ON channel TO gradewatch_reader;
-- Not who acknowledged.
GRANT SELECT (id, raised_at, level, active, acknowledged, changed_at, worst, detail) ON alarm TO gradewatch_reader;
