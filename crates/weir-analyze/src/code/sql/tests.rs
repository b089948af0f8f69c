use crate::call::{Language, Stdin};
use crate::code::interpret;
use crate::lab::{self, Heard, Machine};

fn listen(text: &str) -> Heard {
    lab::hear(&Machine::default(), "psql", Some("/work"), Stdin::None, &[], |call, say| {
        assert!(interpret(Language::Sql, text, call, say));
    })
}

fn hear(text: &str) -> Vec<String> {
    listen(text).lines
}

#[test]
fn what_is_destroyed() {
    let t: &[&str] = &["delete table t"];
    let table: &[(&str, &[&str])] = &[
        ("DROP DATABASE shop", &["delete database shop"]),
        ("drop database if exists shop with (force);", &["delete database shop"]),
        ("DROP SCHEMA public CASCADE; CREATE SCHEMA public;", &["delete database public", "create database public"]),
        ("DROP TABLE t", t),
        ("DROP TABLE IF EXISTS t CASCADE;", t),
        ("drop/**/table/* x */t", t),
        ("DROP TABLE a, public.b, \"C d\"", &["delete table a", "delete table public.b", "delete table C d"]),
        ("DROP TABLE `shop`.`t`", &["delete table shop.t"]),
        ("DROP TABLE [dbo].[t]", &["delete table dbo.t"]),
        ("/*!50001 DROP TABLE t */", t),
        ("DROP VIEW v", &["delete table v"]),
        ("DROP MATERIALIZED VIEW mv", &["delete table mv"]),
        ("DROP INDEX CONCURRENTLY i", &["delete table i"]),
        ("DROP FUNCTION f(int, text), g()", &["delete table f", "delete table g"]),
        ("DROP OWNED BY bob", &["delete database bob"]),
        ("DROP ROLE bob", &["grant database role bob"]),
        ("TRUNCATE t", t),
        ("TRUNCATE TABLE ONLY a, b RESTART IDENTITY CASCADE", &["delete table a", "delete table b"]),
        ("DELETE FROM t", t),
        ("DELETE FROM ONLY s.t WHERE id = 1", &["delete table s.t | filtered WHERE id= 1"]),
        ("DELETE a, b FROM a JOIN b ON a.id = b.id", &["delete table a", "delete table b"]),
        ("DELETE TOP (10) FROM t", t),
        ("UPDATE t SET a = 1", &["modify table t | content"]),
        ("UPDATE ONLY s.t SET a = 1 WHERE id = 1", &["modify table s.t | filtered WHERE id= 1"]),
        ("ALTER TABLE t DROP COLUMN a", t),
        ("ALTER TABLE t ADD a int, DROP b", t),
        ("ALTER TABLE t DROP CONSTRAINT c", &["modify table t"]),
        ("ALTER TABLE t ALTER COLUMN a DROP NOT NULL", &["modify table t"]),
        ("ALTER TABLE t DROP PARTITION p0", t),
        ("ALTER TABLE t RENAME TO u", &["modify table t"]),
        ("INSERT INTO t VALUES (1)", &["create table t"]),
        ("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1", &["modify table t"]),
        ("REPLACE INTO t VALUES (1)", &["modify table t"]),
        ("INSERT OVERWRITE TABLE t SELECT 1", t),
        ("CREATE TABLE t (id int)", &["create table t"]),
        ("CREATE OR REPLACE TABLE t AS SELECT 1", t),
        ("GRANT ALL ON t TO bob", &["grant table t"]),
        ("REVOKE admin FROM bob", &["grant database database"]),
        ("ALTER ROLE bob SUPERUSER", &["grant database role bob"]),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", &["delete table t", "read table x"]),
        ("WITH x AS (SELECT 1) DELETE FROM t USING x", t),
        ("EXPLAIN ANALYZE DELETE FROM t", t),
        ("EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t", t),
        ("SELECT * INTO n FROM t", &["create table n", "read table t"]),
        ("COPY t FROM '/x.csv'", &["create table t"]),
        ("COPY t TO PROGRAM 'rm -rf /srv'", &["Shell: rm -rf /srv", "read table t"]),
        ("DO $$ BEGIN DROP TABLE t; END $$", t),
        ("DO $x$ DECLARE r record; BEGIN IF true THEN DELETE FROM t; END IF; END $x$ LANGUAGE plpgsql", t),
        ("DO $$ BEGIN FOR r IN SELECT 1 LOOP EXECUTE 'DROP TABLE t'; END LOOP; END $$", t),
        ("DO $$ BEGIN EXECUTE format('DROP TABLE %I', r.name); END $$", &["delete table {name}"]),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE ' || r.name; END $$", &["delete table {name}"]),
        ("DO $$ BEGIN EXECUTE stmt; END $$", &["?modify database EXECUTE"]),
        ("PREPARE p AS DELETE FROM t; EXECUTE p;", t),
        ("EXEC('DROP TABLE t')", t),
        ("EXEC xp_cmdshell 'del x'", &["Shell: del x"]),
        ("CALL cleanup()", &["?execute program cleanup"]),
        ("MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE", t),
        ("BEGIN; DROP TABLE t; ROLLBACK;", t),
        ("SELECT 1; -- x\nDROP TABLE t", &["read database database", "delete table t"]),
        ("SELECT 'it''s'; DROP TABLE t", &["read database database", "delete table t"]),
        ("SELECT E'it\\'s'; DROP TABLE t", &["read database database", "delete table t"]),
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity",
            &["delete process pg_terminate_backend", "read table pg_stat_activity"],
        ),
        ("SELECT dblink_exec('host=x', 'DROP TABLE t')", &["delete table t", "read database database"]),
        ("\\! rm -rf x\nDROP TABLE t;", &["Shell: rm -rf x", "delete table t"]),
        ("\\i other.sql", &["file /work/other.sql"]),
        ("source other.sql\nDROP TABLE t;", &["file /work/other.sql", "delete table t"]),
        ("\\copy t TO 'out.csv' CSV", &["modify file-tree out.csv | content"]),
        ("\\copy t FROM PROGRAM 'rm x'", &["Shell: rm x", "create table t"]),
        ("\\o out.txt\nSELECT 1;", &["modify file-tree out.txt | content", "read database database"]),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN DELETE FROM t; END //\nDELIMITER ;\nDROP TABLE u;",
            &["create table p", "delete table u"],
        ),
        ("DROP TABLE t\nGO\nDROP TABLE u\nGO", &["delete table t", "delete table u"]),
        ("BEGIN; DELETE FROM t; SELECT 1; ROLLBACK;", &["read database database"]),
        ("BEGIN; DELETE FROM t; COMMIT; ROLLBACK;", t),
        ("BEGIN; DELETE FROM t; ROLLBACK TO s; COMMIT;", t),
        ("START TRANSACTION; DELETE FROM t; DROP TABLE u; ROLLBACK;", &["delete table t", "delete table u"]),
        ("DELETE FROM t; BEGIN; DELETE FROM t; ROLLBACK;", t),
        (
            "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM t; END $$ LANGUAGE plpgsql; SELECT f();",
            &["create table f", "delete table t", "read database database"],
        ),
        ("CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM t; END $$ LANGUAGE plpgsql;", &["create table f"]),
        ("KILL 12", &["delete process database session"]),
        ("PURGE BINARY LOGS BEFORE NOW()", &["delete database binary logs"]),
    ];
    let wrong: Vec<_> =
        table.iter().map(|(text, want)| (text, hear(text), want)).filter(|(_, heard, want)| heard != *want).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_not() {
    let reads: &[&str] = &["read database database"];
    let table: &[(&str, &[&str])] = &[
        ("SELECT 1", reads),
        ("SELECT 'DROP TABLE t'", reads),
        ("SELECT $$DROP TABLE t$$", reads),
        ("-- DROP TABLE t\nSELECT 1", reads),
        ("/* DROP TABLE t; /* x */ DROP TABLE u; */ SELECT 1", reads),
        ("SELECT * FROM t WHERE deleted", &["read table t"]),
        ("SELECT \"drop table\" FROM t", &["read table t"]),
        ("EXPLAIN DELETE FROM t", reads),
        ("EXPLAIN (ANALYZE false) DELETE FROM t", reads),
        ("SHOW TABLES", reads),
        ("\\d", &[]),
        ("\\dt *.*", &[]),
        ("BEGIN; COMMIT;", &[]),
        ("SET search_path TO x", &[]),
        ("CREATE TEMP TABLE x (id int); INSERT INTO x VALUES (1); DELETE FROM x; DROP TABLE x;", &[]),
        ("SELECT 1 INTO TEMP x; DROP TABLE x", reads),
        ("DROP TEMPORARY TABLE x", &[]),
        ("VACUUM ANALYZE t", reads),
        ("CREATE FUNCTION f() RETURNS void AS $$ BEGIN DROP TABLE t; END $$ LANGUAGE plpgsql", &["create table f"]),
        (
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END; SELECT 1",
            &["create table g", "read database database"],
        ),
        ("", &[]),
        (";;;", &[]),
        ("not sql at all", &[]),
    ];
    for (text, want) in table {
        assert_eq!(hear(text), *want, "{text}");
    }
}

#[test]
fn conditions_and_data() {
    for (text, note) in [
        ("DELETE FROM t", Some("no WHERE: every row")),
        ("UPDATE t SET a = (SELECT 1 WHERE true)", Some("no WHERE: every row")),
        ("DELETE FROM t WHERE 1=1", Some("the WHERE is always true: every row")),
        ("DELETE FROM t WHERE id = 3 OR true", Some("the WHERE is always true: every row")),
        ("DELETE FROM t WHERE (1 = 1) RETURNING *", Some("the WHERE is always true: every row")),
        ("DELETE FROM t WHERE id = 3", None),
        ("DELETE FROM t WHERE id IN (SELECT 1)", None),
        ("DROP TABLE t", None),
    ] {
        let heard = listen(text);
        assert_eq!(heard.effects[0].note.as_deref(), note, "{text}");
        assert!(heard.effects[0].target.stateful, "{text}");
    }
    assert!(!listen("DROP INDEX i").effects[0].target.stateful);
    assert!(!listen("DROP FOREIGN TABLE f").effects[0].target.stateful);
    assert!(listen("DROP TYPE x CASCADE").effects[0].target.stateful);
}

#[test]
fn hostile_text_is_survived() {
    for piece in ["(delete ", "a;", "go;", "/*", "$a", "{", "or ", "drop table a,", "with (", "\\i x\n", "$$"] {
        hear(&piece.repeat(100_000));
    }
    let many: String = (0..3_000).map(|at| format!("DROP TABLE t{at};")).collect();
    assert!(hear(&many).contains(&"?modify database database".to_owned()));
    let text =
        "WITH x AS (DELETE FROM t) SELECT $a$é$a$ || E'\\'' ; \\copy t FROM 'é'\nDO $$ BEGIN EXECUTE 'x' || y; END $$";
    for (end, _) in text.char_indices() {
        hear(text.get(..end).unwrap_or_default());
        hear(text.get(end..).unwrap_or_default());
    }
}

#[test]
fn commands_of_sqlite_are_followed() {
    let table: &[(&str, &[&str])] = &[
        (".shell rm -rf x", &["Shell: rm -rf x"]),
        ("SELECT 1;\n.system rm x\nDROP TABLE t;", &["read database database", "Shell: rm x", "delete table t"]),
        (".output out.csv\n", &["modify file-tree out.csv | content"]),
        (".once '|rm x'\n", &["Shell: rm x"]),
        (".import '|rm x' t", &["Shell: rm x"]),
        (".import data.csv t", &[]),
        (".read more.sql", &["file /work/more.sql"]),
        (".backup 'copy.db'", &["modify file-tree copy.db | content"]),
        (".restore old.db", &["delete database main"]),
        (".output stdout\n.tables\n.schema t\n.mode csv", &[]),
        ("SELECT writefile('a.txt', x) FROM t", &["modify file-tree a.txt | content", "read table t"]),
        ("SELECT edit(x, 'rm x') FROM t", &["Shell: rm x", "read table t"]),
        // A number and a name are no commands.
        ("SELECT .5", &["read database database"]),
    ];
    for (text, want) in table {
        assert_eq!(hear(text), *want, "{text}");
    }
}

#[test]
fn variables_of_the_client_are_filled_in() {
    let table: &[(&str, &[&str])] = &[
        ("\\set t users\nDROP TABLE :t;", &["delete table users"]),
        ("\\set t users\nDROP TABLE :\"t\";", &["delete table users"]),
        ("\\set q 'DROP TABLE users'\n:q;", &["delete table users"]),
        ("\\set t users\nSELECT a::t FROM b;", &["read table b"]),
        ("\\set t users\nSELECT :other FROM b;", &["read table b"]),
    ];
    for (text, want) in table {
        assert_eq!(hear(text), *want, "{text}");
    }
}
