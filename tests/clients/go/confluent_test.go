package clients

import (
	"errors"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rest"
)

// The vendor's client. A second one has empty caches, so what it returns came from the server.
func confluent(t *testing.T) schemaregistry.Client {
	t.Helper()
	return must(schemaregistry.NewClient(schemaregistry.NewConfig(url(t))))(t)
}

func confluentAvro(extra ...string) schemaregistry.SchemaInfo {
	return schemaregistry.SchemaInfo{Schema: avroOrder(extra...), SchemaType: "AVRO"}
}

func confluentRefused(t *testing.T, err error, code int) {
	t.Helper()
	var refusal *rest.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("no refusal: %v", err)
	}
	equal(t, refusal.Code, code)
}

func TestConfluentRegisterAndFind(t *testing.T) {
	subject := newTopic(t) + "-value"
	registered := must(confluent(t).RegisterFullResponse(subject, confluentAvro(), false))(t)
	equal(t, registered.Version, 1)
	equal(t, must(confluent(t).Register(subject, confluentAvro(), false))(t), registered.ID)
	byID := must(confluent(t).GetBySubjectAndID(subject, registered.ID))(t)
	byGUID := must(confluent(t).GetByGUID(registered.GUID))(t)
	latest := must(confluent(t).GetLatestSchemaMetadata(subject))(t)
	first := must(confluent(t).GetSchemaMetadata(subject, 1))(t)
	sameJSON(t, byID.Schema, avroOrder())
	equal(t, byGUID.Schema, byID.Schema)
	equal(t, latest.Schema, byID.Schema)
	equal(t, latest.ID, registered.ID)
	equal(t, first.GUID, registered.GUID)
	equal(t, must(confluent(t).GetID(subject, confluentAvro(), false))(t), registered.ID)
	equal(t, must(confluent(t).GetVersion(subject, confluentAvro(), false))(t), 1)
	uses := must(confluent(t).GetSubjectsAndVersionsByID(registered.ID))(t)
	found := false
	for _, use := range uses {
		found = found || use == schemaregistry.SubjectAndVersion{Subject: subject, Version: 1}
	}
	equal(t, found, true)
	contains(t, must(confluent(t).GetAllSubjects())(t), subject)
	contains(t, must(confluent(t).GetAllContexts())(t), ".")
	_, err := confluent(t).GetBySubjectAndID(subject, 2_000_000_000)
	confluentRefused(t, err, 40403)
	_, err = confluent(t).GetID(subject, confluentAvro(coupon), false)
	confluentRefused(t, err, 40403)
	_, err = confluent(t).GetLatestSchemaMetadata(subject + "-unknown")
	confluentRefused(t, err, 40401)
}

func TestConfluentCompatibility(t *testing.T) {
	subject := newTopic(t) + "-value"
	client := confluent(t)
	must(client.Register(subject, confluentAvro(), false))(t)
	breaking := confluentAvro(priorityWithoutDefault)
	equal(t, must(client.TestSubjectCompatibility(subject, confluentAvro(coupon)))(t), true)
	equal(t, must(client.TestSubjectCompatibility(subject, breaking))(t), false)
	equal(t, must(client.TestCompatibility(subject, 1, breaking))(t), false)
	_, err := client.Register(subject, breaking, false)
	confluentRefused(t, err, 40901)
	_, err = client.GetCompatibility(subject)
	confluentRefused(t, err, 40408)
	inherited := must(client.GetConfig(subject, true))(t)
	equal(t, inherited.CompatibilityLevel, schemaregistry.Backward)
	equal(t, must(client.GetDefaultCompatibility())(t), schemaregistry.Backward)
	equal(t, must(client.UpdateCompatibility(subject, schemaregistry.None))(t), schemaregistry.None)
	equal(t, must(client.GetCompatibility(subject))(t), schemaregistry.None)
	must(client.Register(subject, breaking, false))(t)
	sameList(t, must(client.GetAllVersions(subject))(t), 1, 2)
}

func TestConfluentDeletion(t *testing.T) {
	subject := newTopic(t) + "-value"
	client := confluent(t)
	must(client.Register(subject, confluentAvro(), false))(t)
	must(client.Register(subject, confluentAvro(coupon), false))(t)
	_, err := client.DeleteSubjectVersion(subject, 1, true)
	confluentRefused(t, err, 40407)
	equal(t, must(client.DeleteSubjectVersion(subject, 1, false))(t), 1)
	_, err = confluent(t).GetSchemaMetadata(subject, 1)
	confluentRefused(t, err, 40402)
	equal(t, must(confluent(t).GetSchemaMetadataIncludeDeleted(subject, 1, true))(t).Version, 1)
	equal(t, must(client.DeleteSubjectVersion(subject, 1, true))(t), 1)
	sameList(t, must(client.DeleteSubject(subject, false))(t), 2)
	_, err = client.DeleteSubject(subject, false)
	confluentRefused(t, err, 40404)
	sameList(t, must(client.DeleteSubject(subject, true))(t), 2)
	_, err = confluent(t).GetAllVersions(subject)
	confluentRefused(t, err, 40401)
}

func TestConfluentReferencesMetadataAndRules(t *testing.T) {
	topic := newTopic(t)
	client := confluent(t)
	must(client.Register(topic+"-item", schemaregistry.SchemaInfo{Schema: item}, false))(t)
	reference := schemaregistry.Reference{Name: "shop.Item", Subject: topic + "-item", Version: 1}
	rule := schemaregistry.Rule{
		Name: "stocked", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "message.item.sku != ''",
	}
	contract := schemaregistry.SchemaInfo{
		Schema:     basket,
		SchemaType: "AVRO",
		References: []schemaregistry.Reference{reference},
		Metadata:   &schemaregistry.Metadata{Properties: map[string]string{"owner": "team-a"}},
		RuleSet:    &schemaregistry.RuleSet{DomainRules: []schemaregistry.Rule{rule}},
	}
	id := must(client.Register(topic+"-value", contract, false))(t)
	// This client sends the values as they are: a blank would end its request line.
	stored := must(confluent(t).GetLatestWithMetadata(topic+"-value", map[string]string{"owner": "team-a"}, false))(t)
	equal(t, stored.ID, id)
	sameList(t, stored.References, reference)
	equal(t, stored.RuleSet.DomainRules[0].Expr, rule.Expr)
	rule.Name = "no name"
	contract.RuleSet = &schemaregistry.RuleSet{DomainRules: []schemaregistry.Rule{rule}}
	_, err := client.Register(topic+"-value", contract, false)
	confluentRefused(t, err, 42210)
}

func TestConfluentContext(t *testing.T) {
	subject := ":." + newTopic(t) + ":orders-value"
	client := confluent(t)
	equal(t, must(client.Register(subject, confluentAvro(), false))(t), 1)
	contains(t, must(client.GetAllSubjects())(t), subject)
	contains(t, must(client.GetAllContexts())(t), "."+newTopic(t))
	latest := must(confluent(t).GetLatestSchemaMetadata(subject))(t)
	equal(t, latest.Subject, subject)
	must(confluent(t).GetBySubjectAndID(subject, 1))(t)
	sameList(t, must(client.DeleteSubject(subject, false))(t), 1)
	sameList(t, must(client.DeleteSubject(subject, true))(t), 1)
}
