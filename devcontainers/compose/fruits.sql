\set ON_ERROR_STOP on
INSERT INTO fruits VALUES ('mango', 'sweet'), ('lemon', 'sour'), ('fig', 'sweet')
    ON CONFLICT DO NOTHING;
