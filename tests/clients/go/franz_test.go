package clients

import (
	"context"
	"errors"
	"testing"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/sr"
)

// The client that the console and the command line of a broker are built on.
func franz(t *testing.T) *sr.Client {
	t.Helper()
	return must(sr.NewClient(sr.URLs(url(t))))(t)
}

func franzAvro(extra ...string) sr.Schema {
	return sr.Schema{Schema: avroOrder(extra...), Type: sr.TypeAvro}
}

func franzRefused(t *testing.T, err error, status, code int) {
	t.Helper()
	var refusal *sr.ResponseError
	if !errors.As(err, &refusal) {
		t.Fatalf("no refusal: %v", err)
	}
	equal(t, refusal.StatusCode, status)
	equal(t, refusal.ErrorCode, code)
}

func TestFranzRegisterAndFind(t *testing.T) {
	ctx, client, subject := context.Background(), franz(t), newTopic(t)+"-value"
	// It registers, asks where the id is used, and reads every use.
	registered := must(client.CreateSchema(ctx, subject, franzAvro()))(t)
	equal(t, registered.Subject, subject)
	equal(t, registered.Version, 1)
	equal(t, must(client.RegisterSchema(ctx, subject, franzAvro(), -1, -1))(t), registered.ID)
	byID := must(client.SchemaByID(ctx, registered.ID))(t)
	sameJSON(t, byID.Schema, avroOrder())
	latest := must(client.SchemaByVersion(ctx, subject, -1))(t)
	equal(t, latest.ID, registered.ID)
	byGUID := must(client.SchemaByGUID(ctx, latest.GUID))(t)
	equal(t, byGUID.Schema.Schema, byID.Schema)
	ids := must(client.SchemaIDsByGUID(ctx, latest.GUID))(t)
	equal(t, ids[0], sr.ContextID{Context: ".", ID: registered.ID})
	sameJSON(t, must(client.SchemaTextByID(ctx, registered.ID))(t), avroOrder())
	sameJSON(t, must(client.SchemaTextByVersion(ctx, subject, 1))(t), avroOrder())
	equal(t, must(client.LookupSchema(ctx, subject, franzAvro()))(t).Version, 1)
	contains(t, must(client.SubjectsByID(ctx, registered.ID))(t), subject)
	contains(t, must(client.Subjects(ctx))(t), subject)
	contains(t, must(client.Contexts(ctx))(t), ".")
	equal(t, len(must(client.SupportedTypes(ctx))(t)), 3)
	sameList(t, must(client.SubjectVersions(ctx, subject))(t), 1)
	prefixed := sr.WithParams(ctx, sr.SubjectPrefix(subject), sr.LatestOnly)
	all := must(client.AllSchemas(prefixed))(t)
	equal(t, len(all), 1)
	equal(t, all[0].ID, registered.ID)
	_, err := client.SchemaByID(ctx, 2_000_000_000)
	franzRefused(t, err, 404, 40403)
	_, err = client.LookupSchema(ctx, subject, franzAvro(coupon))
	franzRefused(t, err, 404, 40403)
	_, err = client.SchemaByVersion(ctx, subject+"-unknown", -1)
	franzRefused(t, err, 404, 40401)
}

func TestFranzCompatibility(t *testing.T) {
	ctx, client, subject := context.Background(), franz(t), newTopic(t)+"-value"
	must(client.CreateSchema(ctx, subject, franzAvro()))(t)
	breaking := franzAvro(priorityWithoutDefault)
	equal(t, must(client.CheckCompatibility(ctx, subject, -1, franzAvro(coupon)))(t).Is, true)
	verdict := must(client.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), subject, -2, breaking))(t)
	equal(t, verdict.Is, false)
	equal(t, len(verdict.Messages) > 0, true)
	_, err := client.CreateSchema(ctx, subject, breaking)
	franzRefused(t, err, 409, 40901)
	results := client.Compatibility(ctx, subject, sr.GlobalSubject)
	franzRefused(t, results[0].Err, 404, 40408)
	equal(t, results[1].Level, sr.CompatBackward)
	inherited := client.Compatibility(sr.WithParams(ctx, sr.DefaultToGlobal), subject)[0]
	equal(t, inherited.Level, sr.CompatBackward)
	set := client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, subject)[0]
	equal(t, set.Err, nil)
	equal(t, set.Level, sr.CompatNone)
	must(client.CreateSchema(ctx, subject, breaking))(t)
	sameList(t, must(client.SubjectVersions(ctx, subject))(t), 1, 2)
	equal(t, client.ResetCompatibility(ctx, subject)[0].Err, nil)
	franzRefused(t, client.Compatibility(ctx, subject)[0].Err, 404, 40408)
}

func TestFranzModes(t *testing.T) {
	ctx, client, subject := context.Background(), franz(t), newTopic(t)+"-value"
	equal(t, client.SetMode(ctx, sr.ModeReadOnly, subject)[0].Err, nil)
	equal(t, client.Mode(ctx, subject)[0].Mode, sr.ModeReadOnly)
	_, err := client.CreateSchema(ctx, subject, franzAvro())
	franzRefused(t, err, 422, 42205)
	equal(t, client.ResetMode(ctx, subject)[0].Err, nil)
	// An importer keeps the ids and versions of where it comes from.
	equal(t, client.SetMode(ctx, sr.ModeImport, subject)[0].Err, nil)
	imported := must(client.CreateSchemaWithIDAndVersion(ctx, subject, franzAvro(), 70_001, 5))(t)
	equal(t, imported.ID, 70_001)
	equal(t, imported.Version, 5)
	equal(t, client.ResetMode(ctx, subject)[0].Err, nil)
}

func TestFranzDeletion(t *testing.T) {
	ctx, client, subject := context.Background(), franz(t), newTopic(t)+"-value"
	must(client.CreateSchema(ctx, subject, franzAvro()))(t)
	must(client.CreateSchema(ctx, subject, franzAvro(coupon)))(t)
	franzRefused(t, client.DeleteSchema(ctx, subject, 1, sr.HardDelete), 404, 40407)
	equal(t, client.DeleteSchema(ctx, subject, 1, sr.SoftDelete), nil)
	sameList(t, must(client.SubjectVersions(ctx, subject))(t), 2)
	sameList(t, must(client.SubjectVersions(sr.WithParams(ctx, sr.ShowDeleted), subject))(t), 1, 2)
	sameList(t, must(client.SubjectVersions(sr.WithParams(ctx, sr.DeletedOnly), subject))(t), 1)
	equal(t, client.DeleteSchema(ctx, subject, 1, sr.HardDelete), nil)
	sameList(t, must(client.DeleteSubject(ctx, subject, sr.SoftDelete))(t), 2)
	contains(t, must(client.Subjects(sr.WithParams(ctx, sr.DeletedOnly)))(t), subject)
	sameList(t, must(client.DeleteSubject(ctx, subject, sr.HardDelete))(t), 2)
	_, err := client.SubjectVersions(ctx, subject)
	franzRefused(t, err, 404, 40401)
}

func TestFranzReferences(t *testing.T) {
	ctx, client, topic := context.Background(), franz(t), newTopic(t)
	must(client.CreateSchema(ctx, topic+"-item", sr.Schema{Schema: item}))(t)
	reference := sr.SchemaReference{Name: "shop.Item", Subject: topic + "-item", Version: 1}
	holder := sr.Schema{Schema: basket, References: []sr.SchemaReference{reference}}
	registered := must(client.CreateSchema(ctx, topic+"-value", holder))(t)
	sameList(t, registered.References, reference)
	referring := must(client.SchemaReferences(ctx, topic+"-item", 1))(t)
	equal(t, len(referring), 1)
	equal(t, referring[0].Subject, topic+"-value")
	_, err := client.DeleteSubject(ctx, topic+"-item", sr.SoftDelete)
	franzRefused(t, err, 422, 42206)
}

func TestFranzMessages(t *testing.T) {
	ctx, client, subject := context.Background(), franz(t), newTopic(t)+"-value"
	registered := must(client.CreateSchema(ctx, subject, franzAvro()))(t)
	written := must(avro.Parse(registered.Schema.Schema))(t)
	serde := sr.NewSerde()
	serde.Register(
		registered.ID,
		Order{},
		sr.EncodeFn(func(v any) ([]byte, error) { return avro.Marshal(written, v) }),
		sr.DecodeFn(func(b []byte, v any) error { return avro.Unmarshal(written, b, v) }),
	)
	payload := must(serde.Encode(order))(t)
	equal(t, idIn(t, payload), registered.ID)
	var read Order
	equal(t, serde.Decode(payload, &read), nil)
	equal(t, read, order)
}

func TestFranzContext(t *testing.T) {
	ctx, client, topic := context.Background(), franz(t), newTopic(t)
	subject := ":." + topic + ":orders-value"
	registered := must(client.RegisterSchema(ctx, subject, franzAvro(), -1, -1))(t)
	equal(t, registered, 1)
	latest := must(client.SchemaByVersion(ctx, subject, -1))(t)
	equal(t, latest.Subject, subject)
	sameList(t, must(client.Subjects(sr.WithParams(ctx, sr.SubjectPrefix(":."+topic+":"))))(t), subject)
	byID := must(client.SchemaByID(sr.WithParams(ctx, sr.Subject(subject)), 1))(t)
	sameJSON(t, byID.Schema, avroOrder())
	must(client.DeleteSubject(ctx, subject, sr.SoftDelete))(t)
	must(client.DeleteSubject(ctx, subject, sr.HardDelete))(t)
	equal(t, client.DeleteContext(ctx, "."+topic), nil)
}
