-- The history's tables. The text is the same in this process and on a server, but for what stands in
-- braces: the engines, their settings, and the codecs, which older servers do not know.

CREATE DATABASE IF NOT EXISTS history;

-- One row per entry of the logs. `position` is the number of the batch that brought it: batches are
-- numbered in the order in which they are written.
CREATE TABLE IF NOT EXISTS history.raw (
    product String {text},
    application String {text},
    time_ms Int64 {time},
    metrics Array(String) {text},
    deltas Array(Int64) {text},
    code Int32 {text},
    id String {text},
    position Int64 {time}
) ENGINE = {merge_tree}
PARTITION BY intDiv(time_ms, 86400000)
ORDER BY (product, application, time_ms)
{settings};

-- Usage in each minute, `t` being the minute's first second. Application '' is the product's total.
-- The row ('', '', '', first second of a partition) holds the number of its last batch.
CREATE TABLE IF NOT EXISTS history.usage_minute (
    series String {text},
    product String {text},
    application String {text},
    t Int64 {time},
    value Int64 {count}
) ENGINE = {summing_merge_tree}
PARTITION BY intDiv(t, 604800)
ORDER BY (series, product, application, t)
{settings};

-- The same by the quarter of an hour.
CREATE TABLE IF NOT EXISTS history.usage_quarter (
    series String {text},
    product String {text},
    application String {text},
    t Int64 {time},
    value Int64 {count}
) ENGINE = {summing_merge_tree}
PARTITION BY intDiv(t, 2592000)
ORDER BY (series, product, application, t)
{settings};
