INSTALL delta;
LOAD delta;
-- Tables on S3 are read by a secret of DuckDB's own. Unless the database keeps one, make it first, such as:
--   INSTALL httpfs; INSTALL aws; CREATE SECRET (TYPE s3, PROVIDER credential_chain);
CREATE SCHEMA IF NOT EXISTS "my shop";
CREATE OR REPLACE VIEW "my shop"."orders" AS SELECT * FROM delta_scan('file:///data/lake/orders');
CREATE OR REPLACE VIEW "my shop"."Customers" AS SELECT * FROM delta_scan('s3://lake/shop/Customers');
CREATE OR REPLACE VIEW "my shop"."stock" AS SELECT * FROM delta_scan('s3://warehouse/shop.db/stock');
CREATE OR REPLACE VIEW "my shop"."o'b""r`i\en" AS SELECT * FROM delta_scan('s3://lake/o''b"r`i\en');
CREATE OR REPLACE VIEW "my shop"."2026%20" AS SELECT * FROM delta_scan('file:///data/lake/my orders-ü/2026%20');
CREATE OR REPLACE VIEW "my shop"."other" AS SELECT * FROM delta_scan('file:///data/lake2/other');
CREATE OR REPLACE VIEW "my shop"."order" AS SELECT * FROM delta_scan('s3://lake/order');
CREATE OR REPLACE VIEW "my shop"."select" AS SELECT * FROM delta_scan('s3://lake/select');
CREATE OR REPLACE VIEW "my shop"."wide" AS SELECT * FROM delta_scan('s3://lake/wide');
CREATE OR REPLACE VIEW "my shop"."later" AS SELECT * FROM delta_scan('s3://lake/later');
