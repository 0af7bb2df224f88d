-- Prepayment invoices, numbered without gaps in the provider's series.

-- Gives out the invoice of an escrow's opening hold. p_input: invoiceId, holdId, lines [{ description, quantity,
-- unitPrice, amount }] whose sum the caller has compared with the hold's amount.
-- A request may be approved in part: then less is invoiced and captured than was reserved, and the rest of the hold is
-- freed by the final capture. The caller has compared the lines' sum with the hold's amount: never more.
CREATE FUNCTION "issue_prepayment"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_known jsonb;
    v_hold record;
    v_escrow record;
    v_series text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, p_input ->> 'holdId', jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    -- Against a capture of the same hold, which would have to mark the invoice paid.
    SELECT h.* INTO v_hold FROM hold h WHERE h.id = p_input ->> 'holdId' FOR NO KEY UPDATE;
    SELECT e.payee_id INTO v_escrow FROM escrow e WHERE e.hold_id = p_input ->> 'holdId';
    IF v_hold.id IS NULL OR v_escrow.payee_id IS NULL THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    IF v_hold.status <> 'OPEN' THEN
        RETURN conclude(p_call, v_hold.id, jsonb_build_object('refusal', jsonb_build_object('code',
            CASE WHEN v_hold.status = 'EXPIRED' THEN 'HOLD_EXPIRED' ELSE 'HOLD_NOT_OPEN' END)));
    END IF;
    IF v_hold.expires_at <= clock_timestamp() THEN
        RETURN conclude(p_call, v_hold.id, '{"refusal": {"code": "HOLD_EXPIRED"}}');
    END IF;
    IF EXISTS (SELECT 1 FROM invoice i WHERE i.hold_id = v_hold.id AND i.status <> 'VOID') THEN
        RETURN conclude(p_call, v_hold.id, '{"refusal": {"code": "ALREADY_INVOICED"}}');
    END IF;
    SELECT a.owner_id INTO STRICT v_series FROM account a WHERE a.id = v_escrow.payee_id;
    INSERT INTO invoice (id, series_owner_id, number, kind, status, unit, total, payer_id, payee_id, hold_id, issued_at)
    VALUES (p_input ->> 'invoiceId', v_series, next_number(v_series, 'INVOICE'), 'INVOICE', 'ISSUED', v_hold.unit,
        (SELECT sum((l.line ->> 'amount')::bigint) FROM jsonb_array_elements(p_input -> 'lines') AS l(line)),
        v_hold.debit_id, v_escrow.payee_id, v_hold.id, clock_timestamp());
    INSERT INTO invoice_line (invoice_id, position, description, quantity, unit_price, amount)
    SELECT p_input ->> 'invoiceId', l.position::int, l.line ->> 'description', l.line ->> 'quantity',
           (l.line ->> 'unitPrice')::bigint, (l.line ->> 'amount')::bigint
    FROM jsonb_array_elements(p_input -> 'lines') WITH ORDINALITY AS l(line, position);
    RETURN conclude(p_call, p_input ->> 'invoiceId',
        jsonb_build_object('value', jsonb_build_object('invoiceId', p_input ->> 'invoiceId')));
END $$;

-- Withdraws the invoice of a hold whose chain is undone; there may be none. p_input: holdId.
CREATE FUNCTION "void_prepayment"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_known jsonb;
    v_invoice record;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    PERFORM 1 FROM hold h WHERE h.id = p_input ->> 'holdId' FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    SELECT i.id, i.status INTO v_invoice FROM invoice i WHERE i.hold_id = p_input ->> 'holdId' AND i.status <> 'VOID';
    IF v_invoice.status = 'PAID' THEN
        RETURN conclude(p_call, v_invoice.id, '{"refusal": {"code": "INVOICE_PAID"}}');
    END IF;
    UPDATE invoice SET status = 'VOID' WHERE id = v_invoice.id;
    RETURN conclude(p_call, coalesce(v_invoice.id, p_input ->> 'holdId'),
        jsonb_build_object('value', jsonb_strip_nulls(jsonb_build_object('invoiceId', v_invoice.id))));
END $$;

REVOKE ALL ON FUNCTION "issue_prepayment", "void_prepayment" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "issue_prepayment", "void_prepayment" TO __APP_ROLE__;
