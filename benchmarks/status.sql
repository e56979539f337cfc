-- The status of each client by its own cycle (carteira_lib.portfolio), by hand, from the tables that features.sql made.
-- {features} is the file that features.sql wrote. Three orders make a portfolio client.

CREATE TEMP TABLE spells AS
SELECT customer_id, order_number, gap_days, watched,
       round(exp((coalesce(sum(ln(last_gap)) OVER so_far, 0) + 2 * ln(typical)) / (order_number + 1)), 6) AS cycle
FROM (
    SELECT customer_id, order_date, gap AS last_gap, DATE '{as_of}' - order_date AS watched,
           row_number() OVER client AS order_number, lead(gap) OVER client AS gap_days
    FROM days WHERE is_order
    WINDOW client AS (PARTITION BY customer_id ORDER BY order_date)
),
(
    SELECT median(gap) AS typical
    FROM days SEMI JOIN (FROM '{features}' WHERE frequency >= 3) USING (customer_id)
)
WINDOW so_far AS (PARTITION BY customer_id ORDER BY order_date ROWS UNBOUNDED PRECEDING);

CREATE TEMP TABLE silences AS
SELECT c, count(*) AS silences, avg((coalesce(gap_days, 'inf'::DOUBLE) / cycle <= c + 2)::INTEGER) AS share
FROM range(1, 9) AS grid(c)
JOIN spells ON order_number >= 3 AND coalesce(gap_days, 'inf'::DOUBLE) / cycle > c AND watched / cycle >= c + 2
GROUP BY c;

COPY (
    WITH portfolio AS (
        FROM '{features}' WHERE frequency >= 3
    ),
    gaps AS (
        SELECT median(gap) AS typical, quantile_cont(gap, 0.95) AS long
        FROM days SEMI JOIN portfolio USING (customer_id) WHERE gap IS NOT NULL
    ),
    spread AS (
        SELECT sum(log_gap_square_sum - log_gap_sum * log_gap_sum / gap_count) / sum(gap_count - 1) AS pooled
        FROM portfolio
    ),
    multiplier AS (
        SELECT coalesce(
            (SELECT CASE WHEN silences < 150 THEN greatest(3, c) ELSE c END
             FROM silences WHERE silences < 150 OR share < 0.5 ORDER BY c LIMIT 1), 8) AS c
    ),
    cycles AS (
        SELECT *, round(exp((log_gap_sum + 2 * ln(typical)) / (gap_count + 2)), 6) AS own_cycle_days,
               (greatest(log_gap_square_sum - log_gap_sum * log_gap_sum / greatest(gap_count, 1), 0) + 2 * pooled)
               / (greatest(gap_count - 1, 0) + 2) AS variance
        FROM '{features}', gaps, spread
    ),
    limits AS (
        SELECT *, own_cycle_days * exp(0.8416212335729143 * sqrt(variance)) AS late_after,
               late_after + c * own_cycle_days AS inactive_after,
               CASE WHEN gap_count < 3 THEN least(long / inactive_after, 1) ELSE 1 END AS scale
        FROM cycles, multiplier
    )
    SELECT customer_id,
           round(late_after * scale, 6) AS late_after_days,
           round(inactive_after * scale, 6) AS inactive_after_days,
           CASE WHEN recency_days > inactive_after_days THEN 'inactive'
                WHEN frequency >= 3 AND recency_days > late_after_days THEN 'late'
                WHEN frequency >= 3 THEN 'active'
                ELSE 'outside' END AS status,
           own_cycle_days,
           recency_days / own_cycle_days AS silence_cycles
    FROM limits
) TO '{target}' (FORMAT parquet);
