-- register_table fails for a name that Trino knows already; with --apply, sluice looks first.
CREATE SCHEMA IF NOT EXISTS "lake"."shop";
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'orders', table_location => 'file:///data/lake/orders');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'Customers', table_location => 's3://lake/shop/Customers');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'stock', table_location => 's3://warehouse/shop.db/stock');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'o''b"r`i\en', table_location => 's3://lake/o''b"r`i\en');
CALL "lake".system.register_table(schema_name => 'shop', table_name => '2026%20', table_location => 'file:///data/lake/my orders-ü/2026%20');
CALL "lake".system.register_table(schema_name => 'shop', table_name => '#1''s', table_location => 'file:///data/lake/my orders-ü/#1''s');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'other', table_location => 'file:///data/lake2/other');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'events', table_location => 'hdfs://nn:8020/lake/events');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'order', table_location => 's3://lake/order');
CALL "lake".system.register_table(schema_name => 'shop', table_name => 'later', table_location => 's3://lake/later');
