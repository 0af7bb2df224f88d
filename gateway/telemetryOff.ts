// Must be imported before @apollo/gateway, which reads these on loading: nothing about this installation is sent out.
process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
process.env['APOLLO_SCHEMA_REPORTING'] = 'false';
