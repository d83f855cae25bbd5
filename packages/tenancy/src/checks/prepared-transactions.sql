-- Every role may prepare a transaction. It keeps its locks until it is ended by name, and belongs to no session that could
-- be ended: SQL injected into a request could lock a shared table for good. The setting is 0 by default.
select 'server' as object,
  format('max_prepared_transactions is %s, not 0: SQL of one tenant could leave a prepared transaction that locks shared tables for good; set it to 0 and restart the server', current_setting('max_prepared_transactions')) as why
where current_setting('max_prepared_transactions') <> '0'
