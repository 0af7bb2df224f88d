-- Invoices that a payee gives out by itself, without a hold: issued, paid by a transfer, or withdrawn.
ALTER TABLE "invoice" ADD COLUMN "void_reason" TEXT;
-- The receipt of such a payment stands for no hold.
ALTER TABLE "receipt" ALTER COLUMN "hold_id" DROP NOT NULL;

-- p_input: invoiceId, payerId, payeeId, unit, total, lines [{ description, quantity, unitPrice, amount }] that add up to
-- the total in that unit; the caller has seen to both.
CREATE FUNCTION "issue_invoice"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'invoiceId';
    v_known jsonb;
    v_payer record;
    v_payee record;
    v_code text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, p_input ->> 'payeeId', jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    SELECT a.* INTO v_payer FROM account a WHERE a.id = p_input ->> 'payerId';
    SELECT a.* INTO v_payee FROM account a WHERE a.id = p_input ->> 'payeeId';
    IF v_payer.id IS NULL OR v_payee.id IS NULL THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    v_code := CASE
        WHEN v_payer.id = v_payee.id THEN 'ACCOUNTS_MUST_DIFFER'
        WHEN v_payer.kind IN ('ESCROW', 'ISSUANCE') OR v_payee.kind IN ('ESCROW', 'ISSUANCE') THEN 'ACCOUNT_TAKES_NO_TRANSFERS'
        WHEN v_payer.unit <> p_input ->> 'unit' OR v_payee.unit <> p_input ->> 'unit' THEN 'UNIT_MISMATCH'
        WHEN v_payer.status = 'CLOSED' OR v_payee.status = 'CLOSED' THEN 'ACCOUNT_CLOSED' END;
    IF v_code IS NOT NULL THEN
        RETURN conclude(p_call, v_payee.id, jsonb_build_object('refusal', jsonb_build_object('code', v_code)));
    END IF;
    INSERT INTO invoice (id, series_owner_id, number, kind, status, unit, total, payer_id, payee_id, issued_at)
    VALUES (c_id, v_payee.owner_id, next_number(v_payee.owner_id, 'INVOICE'), 'INVOICE', 'ISSUED', p_input ->> 'unit',
        (p_input ->> 'total')::bigint, v_payer.id, v_payee.id, clock_timestamp());
    INSERT INTO invoice_line (invoice_id, position, description, quantity, unit_price, amount)
    SELECT c_id, l.position::int, l.line ->> 'description', l.line ->> 'quantity', (l.line ->> 'unitPrice')::bigint,
           (l.line ->> 'amount')::bigint
    FROM jsonb_array_elements(p_input -> 'lines') WITH ORDINALITY AS l(line, position);
    RETURN conclude(p_call, c_id, jsonb_build_object('value', jsonb_build_object('invoiceId', c_id)));
END $$;

-- Why an invoice is not paid or withdrawn here; NULL where it may be.
CREATE FUNCTION "invoice_obstacle"(p_invoice invoice) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_invoice.kind <> 'INVOICE' OR p_invoice.hold_id IS NOT NULL THEN 'INVOICE_SETTLED_ELSEWHERE'
                WHEN p_invoice.status = 'PAID' THEN 'INVOICE_PAID'
                WHEN p_invoice.status = 'VOID' THEN 'INVOICE_VOID' END
$$;

-- Withdraws an invoice that is not paid. p_input: invoiceId, reason.
CREATE FUNCTION "void_invoice"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'invoiceId';
    v_known jsonb;
    v_invoice invoice;
    v_code text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, c_id, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    SELECT i.* INTO v_invoice FROM invoice i WHERE i.id = c_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    v_code := invoice_obstacle(v_invoice);
    IF v_code IS NOT NULL THEN
        RETURN conclude(p_call, c_id, jsonb_build_object('refusal', jsonb_build_object('code', v_code)));
    END IF;
    UPDATE invoice SET status = 'VOID', void_reason = p_input ->> 'reason' WHERE id = c_id;
    RETURN conclude(p_call, c_id, jsonb_build_object('value', jsonb_build_object('invoiceId', c_id)));
END $$;

-- Pays an invoice in full: a transfer, a receipt in the payee's series, and the mark. p_input: invoiceId, transferId,
-- receiptId.
CREATE FUNCTION "pay_invoice"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'invoiceId';
    v_known jsonb;
    v_invoice invoice;
    v_code text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    SELECT i.* INTO v_invoice FROM invoice i WHERE i.id = c_id;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    BEGIN
        -- Behind another payment of it this one waits here, and then finds it paid rather than the account short.
        PERFORM 1 FROM account a WHERE a.id IN (v_invoice.payer_id, v_invoice.payee_id)
        ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        SELECT i.* INTO STRICT v_invoice FROM invoice i WHERE i.id = c_id;
        v_code := invoice_obstacle(v_invoice);
        IF v_code IS NULL THEN
            PERFORM post_one('TRANSFER', 'TRANSFER', v_invoice.payer_id, v_invoice.payee_id, p_input ->> 'transferId',
                v_invoice.unit, v_invoice.total, 0, 'Invoice ' || lpad(v_invoice.number::text, 6, '0'), c_id,
                p_call ->> 'actor');
            -- Invoices are locked after the head. Where it was withdrawn meanwhile, nothing of this stays.
            SELECT i.* INTO STRICT v_invoice FROM invoice i WHERE i.id = c_id FOR NO KEY UPDATE;
            v_code := invoice_obstacle(v_invoice);
        END IF;
        IF v_code IS NOT NULL THEN
            RAISE EXCEPTION '%', jsonb_build_object('refusal', jsonb_build_object('code', v_code)) USING ERRCODE = 'TG001';
        END IF;
        UPDATE invoice SET status = 'PAID' WHERE id = c_id;
        INSERT INTO receipt (id, series_owner_id, number, sequence, invoice_id)
        SELECT p_input ->> 'receiptId', v_invoice.series_owner_id, next_number(v_invoice.series_owner_id, 'RECEIPT'),
               j.sequence, c_id
        FROM journal_entry j WHERE j.transfer_id = p_input ->> 'transferId';
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        RETURN conclude(p_call, c_id, SQLERRM::jsonb);
    END;
    RETURN conclude(p_call, p_input ->> 'transferId', jsonb_build_object('value', jsonb_build_object(
        'invoiceId', c_id, 'transferId', p_input ->> 'transferId', 'receiptId', p_input ->> 'receiptId')));
END $$;

REVOKE ALL ON FUNCTION "issue_invoice", "invoice_obstacle", "void_invoice", "pay_invoice" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "issue_invoice", "void_invoice", "pay_invoice" TO __APP_ROLE__;
