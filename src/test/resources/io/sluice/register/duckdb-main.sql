INSTALL delta;
LOAD delta;
CREATE OR REPLACE VIEW "orders" AS SELECT * FROM delta_scan('file:///data/lake/orders');
