"""The database: schema, statements, migrations."""
