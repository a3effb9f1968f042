{{/* What no schema can say: values that contradict each other. Included once, by the ConfigMap. */}}
{{- define "microcoder.checks" -}}
{{- include "microcoder.checkOutside" . -}}
{{- include "microcoder.checkTls" . -}}
{{- include "microcoder.checkSandbox" . -}}
{{- include "microcoder.checkModels" . -}}
{{- $topology := include "microcoder.topology" . | fromYaml -}}
{{- range $name, $_ := .Values.services -}}
{{- $service := include "microcoder.service" (dict "root" $ "name" $name) | fromYaml -}}
{{- if $service.enabled -}}
{{- include "microcoder.checkService" (dict "root" $ "name" $name "service" $service "facts" (index $topology $name)) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "microcoder.checkOutside" -}}
{{- if not .Values.kafka.bootstrapServers -}}
{{- fail "kafka.bootstrapServers is empty: name your brokers, host:port separated by commas. deploy/kafka has a recipe for a cluster of your own." -}}
{{- end -}}
{{- if and (not .Values.mongodb.existingSecret) .Values.migration.enabled -}}
{{- fail "mongodb.existingSecret is empty: make a Secret with the connection string and name it, for example\n  kubectl create secret generic microcoder-mongodb --from-literal=uri='mongodb://USER:PASSWORD@HOST/?replicaSet=rs0'\n  --set mongodb.existingSecret=microcoder-mongodb" -}}
{{- end -}}
{{- if and (contains "SASL" .Values.kafka.securityProtocol) (not .Values.kafka.existingSecret) .Values.migration.enabled -}}
{{- fail (printf "kafka.securityProtocol is %s, which needs kafka.existingSecret: a Secret with the user and the password under kafka.usernameKey and passwordKey." .Values.kafka.securityProtocol) -}}
{{- end -}}
{{- end }}

{{- define "microcoder.checkTls" -}}
{{- $tls := .Values.tls -}}
{{- if and $tls.clientCertificates (not $tls.enabled) -}}
{{- fail "tls.clientCertificates needs tls.enabled: without TLS nobody shows a certificate." -}}
{{- end -}}
{{- if $tls.enabled -}}
{{- if and (eq $tls.source "certManager") (not $tls.issuerRef.name) -}}
{{- fail "tls.source is certManager, which needs tls.issuerRef.name: an Issuer or ClusterIssuer of yours that gives ca.crt." -}}
{{- end -}}
{{- if eq $tls.source "existingSecrets" -}}
{{- range $name := append (keys .Values.services | sortAlpha) "client" -}}
{{- if not (index $tls.existingSecrets $name) -}}
{{- fail (printf "tls.source is existingSecrets, which needs tls.existingSecrets.%s: a Secret with tls.crt, tls.key and ca.crt." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "microcoder.checkSandbox" -}}
{{- $sandbox := .Values.sandbox -}}
{{- if and (hasPrefix "namespaces" $sandbox.minTier) (eq $sandbox.seccomp.type "RuntimeDefault") -}}
{{- fail (printf "sandbox.minTier is %s, which sandbox.seccomp.type RuntimeDefault does not permit: use Localhost with the profile of deploy/seccomp, or Unconfined, or lower minTier to landlock." $sandbox.minTier) -}}
{{- end -}}
{{- if and (eq $sandbox.seccomp.type "Localhost") (not $sandbox.seccomp.localhostProfile) -}}
{{- fail "sandbox.seccomp.type is Localhost, which needs sandbox.seccomp.localhostProfile: a path below the kubelet's seccomp folder." -}}
{{- end -}}
{{- if and (eq $sandbox.procMount "Unmasked") (ne (toString $sandbox.hostUsers) "false") -}}
{{- fail "sandbox.procMount Unmasked needs sandbox.hostUsers: false; Kubernetes refuses it in the node's own user namespace." -}}
{{- end -}}
{{- end }}

{{- define "microcoder.checkModels" -}}
{{- if and .Values.vllm.enabled (not .Values.vllm.model) -}}
{{- fail "vllm.model is empty: name a model of Hugging Face, or a path in vllm.cacheClaim." -}}
{{- end -}}
{{- if and .Values.vllm.enabled .Values.llm.baseUrl -}}
{{- fail "vllm.enabled and llm.baseUrl name two LLM endpoints; leave one." -}}
{{- end -}}
{{- if and .Values.training.runs.create .Values.training.runs.existingClaim -}}
{{- fail "training.runs.create and existingClaim name two places for checkpoints; leave one." -}}
{{- end -}}
{{- end }}

{{/* Arguments: root, name, service, facts. */}}
{{- define "microcoder.checkService" -}}
{{- $at := printf "services.%s" .name -}}
{{- if and .facts.single (or (gt (int .service.replicas) 1) (include "microcoder.autoscaled" .service)) -}}
{{- fail (printf "%s must have one replica: each would take up the runs of the other. Its work is done elsewhere." $at) -}}
{{- end -}}
{{- if not (.service.secrets.mongodb | default .root.Values.mongodb.existingSecret) -}}
{{- fail (printf "%s.secrets.mongodb and mongodb.existingSecret are empty: name a Secret with the connection string." $at) -}}
{{- end -}}
{{- $scaling := .service.autoscaling -}}
{{- if and $scaling.hpa.enabled $scaling.keda.enabled -}}
{{- fail (printf "%s.autoscaling has hpa and keda enabled: two autoscalers would fight over the replicas; switch one off." $at) -}}
{{- end -}}
{{- if and $scaling.keda.enabled (not .facts.topic) -}}
{{- fail (printf "%s.autoscaling.keda scales by the lag of a consumer, and the %s consumes nothing; use hpa or replicas." $at .name) -}}
{{- end -}}
{{- if and $scaling.keda.enabled (gt (int $scaling.maxReplicas) (int .root.Values.kafka.partitions)) -}}
{{- fail (printf "%s.autoscaling.maxReplicas is %d and kafka.partitions %d: consumers beyond the partitions would be idle." $at (int $scaling.maxReplicas) (int .root.Values.kafka.partitions)) -}}
{{- end -}}
{{- if and (include "microcoder.autoscaled" .service) (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- fail (printf "%s.autoscaling.minReplicas is greater than maxReplicas." $at) -}}
{{- end -}}
{{- if and $scaling.hpa.enabled (not (dig "requests" "cpu" "" .service.resources)) -}}
{{- fail (printf "%s.autoscaling.hpa scales by the share of the requested CPU, and %s.resources.requests.cpu is not set." $at $at) -}}
{{- end -}}
{{- end }}
