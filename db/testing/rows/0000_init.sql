-- At least one row for every table of migration 0000_init. Each later migration that creates a table needs a file
-- with its name here.
insert into customers (tenant_id, id, name, email, phone, address, note)
select tenancy.tenant(), gen_random_uuid(), 'Customer ' || n, 'c' || n || '@example.com', '+41 44 000 00 0' || n, 'Main Street ' || n, case when n = 1 then 'calls first' else '' end
from generate_series(1, 3) as n;

insert into products (tenant_id, id, sku, name, price_minor)
select tenancy.tenant(), gen_random_uuid(), 'SKU-' || n, 'Product ' || n, n * 1250
from generate_series(1, 3) as n;

insert into counters (tenant_id, name, value) values (tenancy.tenant(), 'order_number', 1006);

insert into orders (tenant_id, id, number, customer_id, status, total_minor, note)
select tenancy.tenant(), gen_random_uuid(), 1000 + n, (select id from customers order by name limit 1), status, 2500, ''
from unnest(array['draft', 'placed', 'paid', 'shipped', 'delivered', 'cancelled']) with ordinality as s (status, n);

insert into order_lines (tenant_id, id, order_id, position, product_id, description, quantity, unit_price_minor)
select tenancy.tenant(), gen_random_uuid(), o.id, 1, (select id from products order by sku limit 1), 'Product 1', 2, 1250
from orders as o;

insert into order_events (tenant_id, id, order_id, actor, from_status, to_status)
select tenancy.tenant(), gen_random_uuid(), o.id, 'Ada', null, o.status
from orders as o;

insert into activity (tenant_id, id, actor, action, subject, subject_id)
select tenancy.tenant(), gen_random_uuid(), 'Ada', 'order.created', 'Order #' || o.number, o.id
from orders as o;
