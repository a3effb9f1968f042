{{- define "microcoder.rpcPort" -}}50051{{- end }}
{{- define "microcoder.adminPort" -}}9101{{- end }}

{{/* Where a service is called: all addresses of its pods, for the client to balance over. Arguments: root, name. */}}
{{- define "microcoder.endpoint" -}}
{{- printf "dns:///%s-%s.%s.svc:%s" (include "microcoder.fullname" .root) .name .root.Release.Namespace (include "microcoder.rpcPort" .) -}}
{{- end }}

{{/* Settings of the store and the bus that are no secrets. As YAML: variable, value. */}}
{{- define "microcoder.dataConfig" -}}
{{- $kafka := .Values.kafka -}}
MICROCODER_LOG__LEVEL: {{ .Values.log.level | quote }}
MICROCODER_LOG__FORMAT: json
MICROCODER_STORE__DATABASE: {{ .Values.mongodb.database | quote }}
MICROCODER_BUS__PARTITIONS: {{ $kafka.partitions | quote }}
MICROCODER_BUS__KAFKA__BOOTSTRAP_SERVERS: {{ $kafka.bootstrapServers | quote }}
MICROCODER_BUS__KAFKA__SECURITY_PROTOCOL: {{ $kafka.securityProtocol | quote }}
MICROCODER_BUS__KAFKA__SASL_MECHANISM: {{ $kafka.saslMechanism | quote }}
MICROCODER_BUS__KAFKA__REPLICATION_FACTOR: {{ $kafka.replicationFactor | quote }}
{{- if and (hasSuffix "SSL" $kafka.securityProtocol) $kafka.caSecret }}
MICROCODER_BUS__KAFKA__TLS_CA_FILE: /etc/microcoder/kafka-ca/{{ $kafka.caKey }}
{{- end }}
{{- if and (hasSuffix "SSL" $kafka.securityProtocol) $kafka.clientSecret }}
MICROCODER_BUS__KAFKA__TLS_CERT_FILE: /etc/microcoder/kafka-client/{{ $kafka.clientCertKey }}
MICROCODER_BUS__KAFKA__TLS_KEY_FILE: /etc/microcoder/kafka-client/{{ $kafka.clientKeyKey }}
{{- end }}
{{- end }}

{{/* Where the services are and how they are called. As YAML. */}}
{{- define "microcoder.channelConfig" -}}
{{- range $name, $_ := .Values.services }}
MICROCODER_ENDPOINTS__{{ upper $name }}: {{ include "microcoder.endpoint" (dict "root" $ "name" $name) }}
{{- end }}
{{- if .Values.token.enabled }}
MICROCODER_CHANNEL__TOKEN_FILE: /etc/microcoder/token/token
{{- end }}
{{- if .Values.tls.enabled }}
MICROCODER_CHANNEL__SECURE: "true"
MICROCODER_CHANNEL__TLS__CA_FILE: /etc/microcoder/tls/ca.crt
{{- if .Values.tls.clientCertificates }}
MICROCODER_CHANNEL__TLS__CERT_FILE: /etc/microcoder/tls/tls.crt
MICROCODER_CHANNEL__TLS__KEY_FILE: /etc/microcoder/tls/tls.key
{{- end }}
{{- end }}
{{- end }}

{{/* How a service listens. As YAML. */}}
{{- define "microcoder.serverConfig" -}}
MICROCODER_RPC__HOST: 0.0.0.0
MICROCODER_RPC__PORT: {{ include "microcoder.rpcPort" . | quote }}
MICROCODER_ADMIN__HOST: 0.0.0.0
MICROCODER_ADMIN__PORT: {{ include "microcoder.adminPort" . | quote }}
MICROCODER_HOST__MIGRATE: {{ not .Values.migration.enabled | quote }}
{{- if .Values.token.enabled }}
MICROCODER_RPC__TOKEN_FILE: /etc/microcoder/token/token
{{- end }}
{{- if .Values.tls.enabled }}
MICROCODER_RPC__TLS__CERT_FILE: /etc/microcoder/tls/tls.crt
MICROCODER_RPC__TLS__KEY_FILE: /etc/microcoder/tls/tls.key
{{- if .Values.tls.clientCertificates }}
MICROCODER_RPC__TLS__CA_FILE: /etc/microcoder/tls/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/* Credentials of the store and the bus. Arguments: root, secrets. As a list of variables. */}}
{{- define "microcoder.dataCredentials" -}}
{{- $values := .root.Values -}}
- name: MICROCODER_STORE__URI
  valueFrom:
    secretKeyRef:
      name: {{ .secrets.mongodb | default $values.mongodb.existingSecret }}
      key: {{ $values.mongodb.uriKey }}
{{- if contains "SASL" $values.kafka.securityProtocol }}
{{- $kafka := .secrets.kafka | default $values.kafka.existingSecret }}
- name: MICROCODER_BUS__KAFKA__SASL_USERNAME
  {{- if $values.kafka.usernameKey }}
  valueFrom:
    secretKeyRef:
      name: {{ $kafka }}
      key: {{ $values.kafka.usernameKey }}
  {{- else }}
  value: {{ $kafka }}
  {{- end }}
- name: MICROCODER_BUS__KAFKA__SASL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $kafka }}
      key: {{ $values.kafka.passwordKey }}
{{- end }}
{{- end }}

{{- define "microcoder.llmBaseUrl" -}}
{{- if .Values.vllm.enabled -}}
{{- printf "http://%s-llm.%s.svc:8000/v1" (include "microcoder.fullname" .) .Release.Namespace -}}
{{- else -}}
{{- .Values.llm.baseUrl -}}
{{- end -}}
{{- end }}

{{/* The LLM endpoint, for services that ask it. Arguments: root, secrets. As a list of variables. */}}
{{- define "microcoder.llmEnvironment" -}}
{{- $llm := .root.Values.llm -}}
{{- with include "microcoder.llmBaseUrl" .root }}
- name: MICROCODER_LLM__BASE_URL
  value: {{ . | quote }}
{{- end }}
{{- with $llm.model }}
- name: MICROCODER_LLM__MODEL
  value: {{ . | quote }}
{{- end }}
{{- with .secrets.llm | default $llm.existingSecret }}
- name: MICROCODER_LLM__API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $llm.apiKeyKey }}
{{- end }}
{{- end }}

{{/* Name of the Secret with a service's certificate, or a client's. Arguments: root, name. */}}
{{- define "microcoder.tlsSecret" -}}
{{- if eq .root.Values.tls.source "existingSecrets" -}}
{{- index .root.Values.tls.existingSecrets .name -}}
{{- else -}}
{{- printf "%s-%s-tls" (include "microcoder.fullname" .root) .name -}}
{{- end -}}
{{- end }}

{{- define "microcoder.tokenSecret" -}}
{{- .Values.token.existingSecret | default (printf "%s-token" (include "microcoder.fullname" .)) -}}
{{- end }}

{{/* Files of the certificates and the token. Arguments: root, name (whose certificate). As lists. */}}
{{- define "microcoder.callVolumes" -}}
{{- if .root.Values.tls.enabled }}
- name: tls
  secret:
    secretName: {{ include "microcoder.tlsSecret" . }}
    defaultMode: 0440
{{- end }}
{{- if .root.Values.token.enabled }}
- name: token
  secret:
    secretName: {{ include "microcoder.tokenSecret" .root }}
    defaultMode: 0440
    items:
      - key: {{ .root.Values.token.key }}
        path: token
{{- end }}
{{- end }}

{{- define "microcoder.callMounts" -}}
{{- if .root.Values.tls.enabled }}
- name: tls
  mountPath: /etc/microcoder/tls
  readOnly: true
{{- end }}
{{- if .root.Values.token.enabled }}
- name: token
  mountPath: /etc/microcoder/token
  readOnly: true
{{- end }}
{{- end }}

{{/* Certificates for the store and the bus. Arguments: root, secrets. As lists. */}}
{{- define "microcoder.dataVolumes" -}}
{{- $values := .root.Values -}}
{{- with $values.mongodb.caSecret }}
- name: mongodb-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if hasSuffix "SSL" $values.kafka.securityProtocol }}
{{- with $values.kafka.caSecret }}
- name: kafka-ca
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with .secrets.kafkaClient | default $values.kafka.clientSecret }}
- name: kafka-client
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- end }}

{{- define "microcoder.dataMounts" -}}
{{- range $volume := include "microcoder.dataVolumes" . | fromYamlArray }}
- name: {{ $volume.name }}
  mountPath: /etc/microcoder/{{ $volume.name }}
  readOnly: true
{{- end }}
{{- end }}

{{/* Everything that all services read. */}}
{{- define "microcoder.configData" -}}
{{ include "microcoder.dataConfig" . }}
{{- include "microcoder.channelConfig" . }}
{{ include "microcoder.serverConfig" . }}
{{- end }}
