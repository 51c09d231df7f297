-- What the listener knows, keyed by the protocol's own string ids.
-- Referential integrity is the publisher's business: another control plane may write in any order.

CREATE TABLE IF NOT EXISTS registry_service (
  id TEXT NOT NULL PRIMARY KEY,
  provider_key TEXT NOT NULL,
  backend_version TEXT NOT NULL,
  state TEXT NOT NULL,
  referrer_filters_required INTEGER NOT NULL,
  is_default INTEGER NOT NULL,
  past_window_s INTEGER,
  future_window_s INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS registry_service_provider ON registry_service (provider_key);

CREATE TABLE IF NOT EXISTS registry_service_token (
  service_id TEXT NOT NULL,
  token TEXT NOT NULL,
  PRIMARY KEY (service_id, token)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_application (
  service_id TEXT NOT NULL,
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  plan_name TEXT NOT NULL,
  redirect_url TEXT NOT NULL,
  PRIMARY KEY (service_id, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_user_key (
  service_id TEXT NOT NULL,
  user_key TEXT NOT NULL,
  application_id TEXT NOT NULL,
  PRIMARY KEY (service_id, user_key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS registry_user_key_application ON registry_user_key (service_id, application_id);

CREATE TABLE IF NOT EXISTS registry_application_key (
  service_id TEXT NOT NULL,
  application_id TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (service_id, application_id, value)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_referrer_filter (
  service_id TEXT NOT NULL,
  application_id TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (service_id, application_id, value)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_metric (
  service_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  PRIMARY KEY (service_id, id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_limit (
  service_id TEXT NOT NULL,
  plan_id TEXT NOT NULL,
  metric_id TEXT NOT NULL,
  period TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (service_id, plan_id, metric_id, period)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS registry_alert_limit (
  service_id TEXT NOT NULL,
  level INTEGER NOT NULL,
  PRIMARY KEY (service_id, level)
) WITHOUT ROWID;

-- What changed, newest last: application_id '' = the service itself, its metrics, limits or tokens; service_id '' = everything.
CREATE TABLE IF NOT EXISTS registry_journal (
  revision INTEGER PRIMARY KEY AUTOINCREMENT,
  service_id TEXT NOT NULL,
  application_id TEXT NOT NULL
);
