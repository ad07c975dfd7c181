CREATE DATABASE IF NOT EXISTS `shop`;
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`customers`
LOCATION 's3://lake/shop/Customers/'
TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`stock`
LOCATION 's3://warehouse/shop.db/stock/'
TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`order`
LOCATION 's3://lake/order/'
TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`select`
LOCATION 's3://lake/select/'
TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`wide`
LOCATION 's3://lake/wide/'
TBLPROPERTIES ('table_type' = 'DELTA');
CREATE EXTERNAL TABLE IF NOT EXISTS `shop`.`later`
LOCATION 's3://lake/later/'
TBLPROPERTIES ('table_type' = 'DELTA');
