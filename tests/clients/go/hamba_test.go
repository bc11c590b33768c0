package clients

import (
	"context"
	"errors"
	"testing"

	"github.com/hamba/avro/v2"
	"github.com/hamba/avro/v2/registry"
)

// The client that comes with an Avro library. A second one has empty caches.
func hamba(t *testing.T) *registry.Client {
	t.Helper()
	return must(registry.NewClient(url(t)))(t)
}

func hambaRefused(t *testing.T, err error, status, code int) {
	t.Helper()
	var refusal registry.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("no refusal: %v", err)
	}
	equal(t, refusal.StatusCode, status)
	equal(t, refusal.Code, code)
}

func TestHambaRegisterAndFind(t *testing.T) {
	ctx, client, subject := context.Background(), hamba(t), newTopic(t)+"-value"
	id, _, err := client.CreateSchema(ctx, subject, avroOrder())
	equal(t, err, nil)
	again, _, err := hamba(t).IsRegistered(ctx, subject, avroOrder())
	equal(t, err, nil)
	equal(t, again, id)
	latest := must(client.GetLatestSchemaInfo(ctx, subject))(t)
	equal(t, latest.ID, id)
	equal(t, latest.Version, 1)
	byID := must(hamba(t).GetSchema(ctx, id))(t)
	equal(t, byID.String(), latest.Schema.String())
	equal(t, must(client.GetSchemaByVersion(ctx, subject, 1))(t).String(), byID.String())
	sameList(t, must(client.GetVersions(ctx, subject))(t), 1)
	contains(t, must(client.GetSubjects(ctx))(t), subject)
	_, _, err = client.IsRegistered(ctx, subject, avroOrder(coupon))
	hambaRefused(t, err, 404, 40403)
	_, err = client.GetLatestSchema(ctx, subject+"-unknown")
	hambaRefused(t, err, 404, 40401)
	sameList(t, must(client.DeleteSubject(ctx, subject))(t), 1)
	_, err = client.GetVersions(ctx, subject)
	hambaRefused(t, err, 404, 40401)
}

func TestHambaCompatibility(t *testing.T) {
	ctx, client, subject := context.Background(), hamba(t), newTopic(t)+"-value"
	_, _, err := client.CreateSchema(ctx, subject, avroOrder())
	equal(t, err, nil)
	equal(t, must(client.IsCompatible(ctx, subject, avroOrder(coupon)))(t), true)
	equal(t, must(client.IsCompatible(ctx, subject, avroOrder(priorityWithoutDefault)))(t), false)
	_, _, err = client.CreateSchema(ctx, subject, avroOrder(priorityWithoutDefault))
	hambaRefused(t, err, 409, 40901)
	equal(t, client.SetCompatibilityLevel(ctx, subject, registry.NoneCL), nil)
	_, _, err = client.CreateSchema(ctx, subject, avroOrder(priorityWithoutDefault))
	equal(t, err, nil)
	sameList(t, must(client.GetVersions(ctx, subject))(t), 1, 2)
}

func TestHambaMessages(t *testing.T) {
	ctx, client, subject := context.Background(), hamba(t), newTopic(t)+"-value"
	id, schema, err := client.CreateSchema(ctx, subject, avroOrder())
	equal(t, err, nil)
	body := must(avro.Marshal(schema, order))(t)
	frame := registry.SchemaInfo{ID: id}
	payload := append(append([]byte{0}, frame.IDBytes()...), body...)
	var read Order
	equal(t, registry.NewDecoder(hamba(t)).Decode(ctx, payload, &read), nil)
	equal(t, read, order)
}
