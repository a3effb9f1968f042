{{/* Scales a consumer by how far its group is behind. Arguments: root, name, service, facts. */}}
{{- define "microcoder.scaledObject" -}}
{{- $keda := .service.autoscaling.keda -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "microcoder.metadata" (dict "root" .root "component" .name) | nindent 2 }}
spec:
  scaleTargetRef:
    name: {{ include "microcoder.fullname" .root }}-{{ .name }}
  minReplicaCount: {{ .service.autoscaling.minReplicas }}
  maxReplicaCount: {{ .service.autoscaling.maxReplicas }}
  pollingInterval: {{ $keda.pollingInterval }}
  cooldownPeriod: {{ $keda.cooldownPeriod }}
  triggers:
    {{- range $topic := list .facts.topic (printf "%s.retry" .facts.topic) }}
    - type: kafka
      metadata:
        bootstrapServers: {{ $.root.Values.kafka.bootstrapServers | quote }}
        consumerGroup: {{ $.name }}
        topic: {{ $topic }}
        lagThreshold: {{ $keda.lagThreshold | quote }}
        activationLagThreshold: {{ $keda.activationLagThreshold | quote }}
        # A message that nobody can handle would keep the replicas up.
        excludePersistentLag: "true"
        limitToPartitionsWithLag: "true"
        # A group that has never committed is at work, not idle.
        scaleToZeroOnInvalidOffset: "false"
        sasl: {{ include "microcoder.kedaSasl" $.root }}
        tls: {{ ternary "enable" "disable" (hasSuffix "SSL" $.root.Values.kafka.securityProtocol) }}
      {{- if include "microcoder.kedaSecrets" $ }}
      authenticationRef:
        name: {{ include "microcoder.fullname" $.root }}-{{ $.name }}-kafka
      {{- end }}
    {{- end }}
{{- end }}

{{/* What KEDA shows the brokers: what the service shows. Arguments: root, service. As a list, maybe empty. */}}
{{- define "microcoder.kedaSecrets" -}}
{{- $kafka := .root.Values.kafka -}}
{{- if contains "SASL" $kafka.securityProtocol }}
{{- $user := .service.secrets.kafka | default $kafka.existingSecret }}
{{- if $kafka.usernameKey }}
- {parameter: username, name: {{ $user }}, key: {{ $kafka.usernameKey }}}
{{- end }}
- {parameter: password, name: {{ $user }}, key: {{ $kafka.passwordKey }}}
{{- end }}
{{- if hasSuffix "SSL" $kafka.securityProtocol }}
{{- with $kafka.caSecret }}
- {parameter: ca, name: {{ . }}, key: {{ $kafka.caKey }}}
{{- end }}
{{- with .service.secrets.kafkaClient | default $kafka.clientSecret }}
- {parameter: cert, name: {{ . }}, key: {{ $kafka.clientCertKey }}}
- {parameter: key, name: {{ . }}, key: {{ $kafka.clientKeyKey }}}
{{- end }}
{{- end }}
{{- end }}

{{/* KEDA's words for our protocol and mechanism. */}}
{{- define "microcoder.kedaSasl" -}}
{{- if contains "SASL" .Values.kafka.securityProtocol -}}
{{- get (dict "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512") .Values.kafka.saslMechanism -}}
{{- else -}}
none
{{- end -}}
{{- end }}
