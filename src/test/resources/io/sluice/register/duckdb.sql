INSTALL delta;
LOAD delta;
-- Tables on S3 are read by a secret of DuckDB's own. Unless the database keeps one, make it first, such as:
--   INSTALL httpfs; INSTALL aws; CREATE SECRET (TYPE s3, PROVIDER credential_chain);
CREATE SCHEMA IF NOT EXISTS "my shop";
CREATE OR REPLACE VIEW "my shop"."orders" AS SELECT * FROM delta_scan('file:///data/lake/orders');
CREATE OR REPLACE VIEW "my shop"."Customers" AS SELECT * FROM delta_scan('s3://lake/shop/Customers');
CREATE OR REPLACE VIEW "my shop"."stock" AS SELECT * FROM delta_scan('s3://warehouse/shop.db/stock');
CREATE OR REPLACE VIEW "my shop"."#1's" AS SELECT * FROM delta_scan('file:///data/lake/my%20orders-%C3%BC/%231''s');
CREATE OR REPLACE VIEW "my shop"."other" AS SELECT * FROM delta_scan('file:///data/lake2/other');
CREATE OR REPLACE VIEW "my shop"."order" AS SELECT * FROM delta_scan('s3://lake/order');
CREATE OR REPLACE VIEW "my shop"."select" AS SELECT * FROM delta_scan('s3://lake/select');
CREATE OR REPLACE VIEW "my shop"."wide" AS SELECT * FROM delta_scan('s3://lake/wide');
CREATE OR REPLACE VIEW "my shop"."later" AS SELECT * FROM delta_scan('s3://lake/later');
