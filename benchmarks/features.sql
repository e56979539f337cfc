-- The features of carteira_lib.features.customer_features, written by hand for DuckDB: what the kit is measured against.
-- Run by features.py, which fills in {folder}, {as_of} and {target}; status.sql goes on from the table `days`.

CREATE TEMP TABLE days AS
SELECT *,
       net_amount > 0 AS is_order,
       DATE '{as_of}' - order_date AS days_ago,
       CASE WHEN net_amount > 0
            THEN order_date - lag(order_date) OVER (PARTITION BY customer_id, net_amount > 0 ORDER BY order_date)
       END AS gap
FROM (
    SELECT customer_id, order_date,
           round(sum(amount), 6) AS net_amount,
           sum(amount) FILTER (cost IS NOT NULL) AS costed_amount,
           sum(cost) AS cost,
           min(seller_id) AS seller_id
    FROM '{folder}/orders/*.parquet'
    WHERE order_date <= DATE '{as_of}'
    GROUP BY ALL
);

COPY (
    WITH clients AS (
        SELECT customer_id,
               min(order_date) FILTER (is_order) AS first_order_date,
               max(order_date) FILTER (is_order) AS last_order_date,
               count(*) FILTER (is_order) AS frequency,
               round(sum(net_amount), 6) AS net_revenue,
               round(sum(costed_amount), 6) AS costed_revenue,
               sum(cost) AS cost,
               arg_max(seller_id, order_date) AS last_seller_id,
               count(gap) AS gap_count,
               coalesce(sum(ln(gap)), 0) AS log_gap_sum,
               coalesce(sum(ln(gap) * ln(gap)), 0) AS log_gap_square_sum,
               avg(gap) AS mean_gap_days,
               median(gap)::DOUBLE AS median_gap_days,
               stddev_samp(gap) AS gap_std_days,
               arg_max(gap, order_date) FILTER (gap IS NOT NULL) AS last_gap_days,
               count(*) FILTER (is_order AND days_ago < 30) AS orders_30d,
               count(*) FILTER (is_order AND days_ago < 90) AS orders_90d,
               count(*) FILTER (is_order AND days_ago < 180) AS orders_180d,
               count(*) FILTER (is_order AND days_ago < 365) AS orders_365d,
               count(*) FILTER (is_order AND days_ago BETWEEN 365 AND 729) AS orders_previous_365d,
               round(coalesce(sum(net_amount) FILTER (days_ago < 30), 0), 6) AS net_revenue_30d,
               round(coalesce(sum(net_amount) FILTER (days_ago < 90), 0), 6) AS net_revenue_90d,
               round(coalesce(sum(net_amount) FILTER (days_ago < 180), 0), 6) AS net_revenue_180d,
               round(coalesce(sum(net_amount) FILTER (days_ago < 365), 0), 6) AS net_revenue_365d,
               round(coalesce(sum(net_amount) FILTER (days_ago BETWEEN 365 AND 729), 0), 6)
                   AS net_revenue_previous_365d
        FROM days
        GROUP BY customer_id
    ),
    families AS (
        SELECT product_id, CASE WHEN family IS NOT NULL THEN dense_rank() OVER (ORDER BY family)::INTEGER END AS family
        FROM '{folder}/products.parquet'
    ),
    variety AS (
        SELECT customer_id, sum(products)::BIGINT AS distinct_products, count(family) AS distinct_families
        FROM (
            SELECT customer_id, family, count(*) AS products
            FROM (
                SELECT DISTINCT customer_id, product_id
                FROM '{folder}/orders/*.parquet'
                WHERE order_date <= DATE '{as_of}' AND amount > 0 AND product_id IS NOT NULL
            )
            LEFT JOIN families USING (product_id)
            GROUP BY ALL
        )
        GROUP BY customer_id
    ),
    contacts AS (
        SELECT customer_id,
               count(*) FILTER (DATE '{as_of}' - event_date < 90) AS interactions_90d,
               max(event_date) AS last_interaction_date
        FROM '{folder}/interactions.parquet'
        WHERE event_date <= DATE '{as_of}'
        GROUP BY customer_id
    )
    SELECT customer_id,
           coalesce(register.seller_id, last_seller_id) AS seller_id,
           first_order_date, last_order_date, frequency,
           DATE '{as_of}' - last_order_date AS recency_days,
           DATE '{as_of}' - first_order_date AS tenure_days,
           net_revenue, costed_revenue,
           round(costed_revenue - cost, 6) AS margin,
           round(net_revenue / nullif(frequency, 0), 6) AS average_order_value,
           gap_count, log_gap_sum, log_gap_square_sum, mean_gap_days,
           exp(log_gap_sum / nullif(gap_count, 0)) AS geometric_gap_days,
           median_gap_days, gap_std_days, last_gap_days,
           orders_30d, orders_90d, orders_180d, orders_365d, orders_previous_365d,
           net_revenue_30d, net_revenue_90d, net_revenue_180d, net_revenue_365d, net_revenue_previous_365d,
           CASE WHEN DATE '{as_of}' - first_order_date >= 729
                THEN (net_revenue_365d - net_revenue_previous_365d)
                     / nullif(abs(net_revenue_365d) + abs(net_revenue_previous_365d), 0) END AS revenue_trend,
           coalesce(distinct_products, 0) AS distinct_products,
           coalesce(distinct_families, 0) AS distinct_families,
           coalesce(interactions_90d, 0) AS interactions_90d,
           last_interaction_date
    FROM clients
    LEFT JOIN variety USING (customer_id)
    LEFT JOIN contacts USING (customer_id)
    LEFT JOIN (SELECT customer_id, seller_id FROM '{folder}/customers.parquet') AS register USING (customer_id)
) TO '{target}' (FORMAT parquet);
