"""Vector indexes: zvec (embedded) and DashVector."""
