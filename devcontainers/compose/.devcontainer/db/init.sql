CREATE DATABASE shop;
\connect shop
CREATE TABLE fruits (name text PRIMARY KEY, taste text NOT NULL);
