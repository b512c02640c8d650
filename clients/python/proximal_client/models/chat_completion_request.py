from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.chat_completion_request_chat_template_kwargs_type_0 import ChatCompletionRequestChatTemplateKwargsType0
  from ..models.chat_completion_request_metadata_type_0 import ChatCompletionRequestMetadataType0
  from ..models.chat_completion_request_stream_options_type_0 import ChatCompletionRequestStreamOptionsType0
  from ..models.message import Message





T = TypeVar("T", bound="ChatCompletionRequest")



@_attrs_define
class ChatCompletionRequest:
    """ 
        Attributes:
            model (str): A model's name, a fine-tuned model's, or a checkpoint's id.
            messages (list[Message]): Laid out by the model's chat template, developer as system. Parts of a message must be
                texts.
            temperature (float | None | Unset): Sampling temperature; below 0.001 it is greedy. Default 1. Default: 1.0.
            top_p (float | None | Unset): Only the most likely tokens that make up so much probability are drawn; 0: the
                most likely one. Default 1: all. Default: 1.0.
            n (int | None | Unset): Completions of each prompt. Default 1. Default: 1.
            stop (list[str] | None | str | Unset): Texts that end a completion, and are not part of it. Default none.
            seed (int | None | Unset): Without one, each request draws its own.
            stream (bool | None | Unset): Answer as Server-Sent Events, a piece at a time. Default false. Default: False.
            stream_options (ChatCompletionRequestStreamOptionsType0 | None | Unset): Of a stream alone.
            user (None | str | Unset): Has no effect.
            max_completion_tokens (int | None | Unset): New tokens at most. Default: what the context has room for, up to
                2048.
            max_tokens (int | None | Unset): The same by its older name.
            logprobs (bool | None | Unset): Whether each token has its log-probability. Default: False.
            chat_template_kwargs (ChatCompletionRequestChatTemplateKwargsType0 | None | Unset): Further names for the
                template, such as {"enable_thinking": false}.
            frequency_penalty (Any | Unset): Not supported: frequency_penalty must be left out, null or neutral.
            presence_penalty (Any | Unset): Not supported: presence_penalty must be left out, null or neutral.
            logit_bias (Any | Unset): Not supported: logit_bias must be left out, null or neutral.
            top_logprobs (Any | Unset): Not supported: top_logprobs must be left out, null or neutral.
            tools (Any | Unset): Not supported: tools must be left out, null or neutral.
            tool_choice (Any | Unset): Not supported: tool_choice must be left out, null or neutral.
            functions (Any | Unset): Not supported: functions must be left out, null or neutral.
            function_call (Any | Unset): Not supported: function_call must be left out, null or neutral.
            parallel_tool_calls (bool | None | Unset): Has no effect.
            response_format (Any | Unset): Not supported: response_format other than text must be left out, null or neutral.
            modalities (Any | Unset): Not supported: modalities other than text must be left out, null or neutral.
            audio (Any | Unset): Not supported: audio must be left out, null or neutral.
            prediction (Any | Unset): Not supported: prediction must be left out, null or neutral.
            web_search_options (Any | Unset): Not supported: web_search_options must be left out, null or neutral.
            store (Any | Unset): Not supported: store must be left out, null or neutral.
            service_tier (Any | Unset): Not supported: service_tier other than auto or default must be left out, null or
                neutral.
            reasoning_effort (None | str | Unset): Has no effect.
            verbosity (None | str | Unset): Has no effect.
            metadata (ChatCompletionRequestMetadataType0 | None | Unset): Has no effect.
            safety_identifier (None | str | Unset): Has no effect.
            prompt_cache_key (None | str | Unset): Has no effect.
            prompt_cache_retention (None | str | Unset): Has no effect.
     """

    model: str
    messages: list[Message]
    temperature: float | None | Unset = 1.0
    top_p: float | None | Unset = 1.0
    n: int | None | Unset = 1
    stop: list[str] | None | str | Unset = UNSET
    seed: int | None | Unset = UNSET
    stream: bool | None | Unset = False
    stream_options: ChatCompletionRequestStreamOptionsType0 | None | Unset = UNSET
    user: None | str | Unset = UNSET
    max_completion_tokens: int | None | Unset = UNSET
    max_tokens: int | None | Unset = UNSET
    logprobs: bool | None | Unset = False
    chat_template_kwargs: ChatCompletionRequestChatTemplateKwargsType0 | None | Unset = UNSET
    frequency_penalty: Any | Unset = UNSET
    presence_penalty: Any | Unset = UNSET
    logit_bias: Any | Unset = UNSET
    top_logprobs: Any | Unset = UNSET
    tools: Any | Unset = UNSET
    tool_choice: Any | Unset = UNSET
    functions: Any | Unset = UNSET
    function_call: Any | Unset = UNSET
    parallel_tool_calls: bool | None | Unset = UNSET
    response_format: Any | Unset = UNSET
    modalities: Any | Unset = UNSET
    audio: Any | Unset = UNSET
    prediction: Any | Unset = UNSET
    web_search_options: Any | Unset = UNSET
    store: Any | Unset = UNSET
    service_tier: Any | Unset = UNSET
    reasoning_effort: None | str | Unset = UNSET
    verbosity: None | str | Unset = UNSET
    metadata: ChatCompletionRequestMetadataType0 | None | Unset = UNSET
    safety_identifier: None | str | Unset = UNSET
    prompt_cache_key: None | str | Unset = UNSET
    prompt_cache_retention: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.chat_completion_request_chat_template_kwargs_type_0 import ChatCompletionRequestChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.chat_completion_request_metadata_type_0 import ChatCompletionRequestMetadataType0 # noqa: PLC0415
        from ..models.chat_completion_request_stream_options_type_0 import ChatCompletionRequestStreamOptionsType0 # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        model = self.model

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)



        temperature: float | None | Unset
        if isinstance(self.temperature, Unset):
            temperature = UNSET
        else:
            temperature = self.temperature

        top_p: float | None | Unset
        if isinstance(self.top_p, Unset):
            top_p = UNSET
        else:
            top_p = self.top_p

        n: int | None | Unset
        if isinstance(self.n, Unset):
            n = UNSET
        else:
            n = self.n

        stop: list[str] | None | str | Unset
        if isinstance(self.stop, Unset):
            stop = UNSET
        elif isinstance(self.stop, list):
            stop = self.stop


        else:
            stop = self.stop

        seed: int | None | Unset
        if isinstance(self.seed, Unset):
            seed = UNSET
        else:
            seed = self.seed

        stream: bool | None | Unset
        if isinstance(self.stream, Unset):
            stream = UNSET
        else:
            stream = self.stream

        stream_options: dict[str, Any] | None | Unset
        if isinstance(self.stream_options, Unset):
            stream_options = UNSET
        elif isinstance(self.stream_options, ChatCompletionRequestStreamOptionsType0):
            stream_options = self.stream_options.to_dict()
        else:
            stream_options = self.stream_options

        user: None | str | Unset
        if isinstance(self.user, Unset):
            user = UNSET
        else:
            user = self.user

        max_completion_tokens: int | None | Unset
        if isinstance(self.max_completion_tokens, Unset):
            max_completion_tokens = UNSET
        else:
            max_completion_tokens = self.max_completion_tokens

        max_tokens: int | None | Unset
        if isinstance(self.max_tokens, Unset):
            max_tokens = UNSET
        else:
            max_tokens = self.max_tokens

        logprobs: bool | None | Unset
        if isinstance(self.logprobs, Unset):
            logprobs = UNSET
        else:
            logprobs = self.logprobs

        chat_template_kwargs: dict[str, Any] | None | Unset
        if isinstance(self.chat_template_kwargs, Unset):
            chat_template_kwargs = UNSET
        elif isinstance(self.chat_template_kwargs, ChatCompletionRequestChatTemplateKwargsType0):
            chat_template_kwargs = self.chat_template_kwargs.to_dict()
        else:
            chat_template_kwargs = self.chat_template_kwargs

        frequency_penalty = self.frequency_penalty

        presence_penalty = self.presence_penalty

        logit_bias = self.logit_bias

        top_logprobs = self.top_logprobs

        tools = self.tools

        tool_choice = self.tool_choice

        functions = self.functions

        function_call = self.function_call

        parallel_tool_calls: bool | None | Unset
        if isinstance(self.parallel_tool_calls, Unset):
            parallel_tool_calls = UNSET
        else:
            parallel_tool_calls = self.parallel_tool_calls

        response_format = self.response_format

        modalities = self.modalities

        audio = self.audio

        prediction = self.prediction

        web_search_options = self.web_search_options

        store = self.store

        service_tier = self.service_tier

        reasoning_effort: None | str | Unset
        if isinstance(self.reasoning_effort, Unset):
            reasoning_effort = UNSET
        else:
            reasoning_effort = self.reasoning_effort

        verbosity: None | str | Unset
        if isinstance(self.verbosity, Unset):
            verbosity = UNSET
        else:
            verbosity = self.verbosity

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, ChatCompletionRequestMetadataType0):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        safety_identifier: None | str | Unset
        if isinstance(self.safety_identifier, Unset):
            safety_identifier = UNSET
        else:
            safety_identifier = self.safety_identifier

        prompt_cache_key: None | str | Unset
        if isinstance(self.prompt_cache_key, Unset):
            prompt_cache_key = UNSET
        else:
            prompt_cache_key = self.prompt_cache_key

        prompt_cache_retention: None | str | Unset
        if isinstance(self.prompt_cache_retention, Unset):
            prompt_cache_retention = UNSET
        else:
            prompt_cache_retention = self.prompt_cache_retention


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "model": model,
            "messages": messages,
        })
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if n is not UNSET:
            field_dict["n"] = n
        if stop is not UNSET:
            field_dict["stop"] = stop
        if seed is not UNSET:
            field_dict["seed"] = seed
        if stream is not UNSET:
            field_dict["stream"] = stream
        if stream_options is not UNSET:
            field_dict["stream_options"] = stream_options
        if user is not UNSET:
            field_dict["user"] = user
        if max_completion_tokens is not UNSET:
            field_dict["max_completion_tokens"] = max_completion_tokens
        if max_tokens is not UNSET:
            field_dict["max_tokens"] = max_tokens
        if logprobs is not UNSET:
            field_dict["logprobs"] = logprobs
        if chat_template_kwargs is not UNSET:
            field_dict["chat_template_kwargs"] = chat_template_kwargs
        if frequency_penalty is not UNSET:
            field_dict["frequency_penalty"] = frequency_penalty
        if presence_penalty is not UNSET:
            field_dict["presence_penalty"] = presence_penalty
        if logit_bias is not UNSET:
            field_dict["logit_bias"] = logit_bias
        if top_logprobs is not UNSET:
            field_dict["top_logprobs"] = top_logprobs
        if tools is not UNSET:
            field_dict["tools"] = tools
        if tool_choice is not UNSET:
            field_dict["tool_choice"] = tool_choice
        if functions is not UNSET:
            field_dict["functions"] = functions
        if function_call is not UNSET:
            field_dict["function_call"] = function_call
        if parallel_tool_calls is not UNSET:
            field_dict["parallel_tool_calls"] = parallel_tool_calls
        if response_format is not UNSET:
            field_dict["response_format"] = response_format
        if modalities is not UNSET:
            field_dict["modalities"] = modalities
        if audio is not UNSET:
            field_dict["audio"] = audio
        if prediction is not UNSET:
            field_dict["prediction"] = prediction
        if web_search_options is not UNSET:
            field_dict["web_search_options"] = web_search_options
        if store is not UNSET:
            field_dict["store"] = store
        if service_tier is not UNSET:
            field_dict["service_tier"] = service_tier
        if reasoning_effort is not UNSET:
            field_dict["reasoning_effort"] = reasoning_effort
        if verbosity is not UNSET:
            field_dict["verbosity"] = verbosity
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if safety_identifier is not UNSET:
            field_dict["safety_identifier"] = safety_identifier
        if prompt_cache_key is not UNSET:
            field_dict["prompt_cache_key"] = prompt_cache_key
        if prompt_cache_retention is not UNSET:
            field_dict["prompt_cache_retention"] = prompt_cache_retention

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chat_completion_request_chat_template_kwargs_type_0 import ChatCompletionRequestChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.chat_completion_request_metadata_type_0 import ChatCompletionRequestMetadataType0 # noqa: PLC0415
        from ..models.chat_completion_request_stream_options_type_0 import ChatCompletionRequestStreamOptionsType0 # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        d = dict(src_dict)
        model = d.pop("model")

        messages = []
        _messages = d.pop("messages")
        for messages_item_data in (_messages):
            messages_item = Message.from_dict(messages_item_data)



            messages.append(messages_item)


        def _parse_temperature(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        temperature = _parse_temperature(d.pop("temperature", UNSET))


        def _parse_top_p(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        top_p = _parse_top_p(d.pop("top_p", UNSET))


        def _parse_n(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        n = _parse_n(d.pop("n", UNSET))


        def _parse_stop(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                stop_type_1 = cast(list[str], data)

                return stop_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        stop = _parse_stop(d.pop("stop", UNSET))


        def _parse_seed(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        seed = _parse_seed(d.pop("seed", UNSET))


        def _parse_stream(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        stream = _parse_stream(d.pop("stream", UNSET))


        def _parse_stream_options(data: object) -> ChatCompletionRequestStreamOptionsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                stream_options_type_0 = ChatCompletionRequestStreamOptionsType0.from_dict(data)



                return stream_options_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatCompletionRequestStreamOptionsType0 | None | Unset, data)

        stream_options = _parse_stream_options(d.pop("stream_options", UNSET))


        def _parse_user(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user = _parse_user(d.pop("user", UNSET))


        def _parse_max_completion_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_completion_tokens = _parse_max_completion_tokens(d.pop("max_completion_tokens", UNSET))


        def _parse_max_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_tokens = _parse_max_tokens(d.pop("max_tokens", UNSET))


        def _parse_logprobs(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        logprobs = _parse_logprobs(d.pop("logprobs", UNSET))


        def _parse_chat_template_kwargs(data: object) -> ChatCompletionRequestChatTemplateKwargsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                chat_template_kwargs_type_0 = ChatCompletionRequestChatTemplateKwargsType0.from_dict(data)



                return chat_template_kwargs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatCompletionRequestChatTemplateKwargsType0 | None | Unset, data)

        chat_template_kwargs = _parse_chat_template_kwargs(d.pop("chat_template_kwargs", UNSET))


        frequency_penalty = d.pop("frequency_penalty", UNSET)

        presence_penalty = d.pop("presence_penalty", UNSET)

        logit_bias = d.pop("logit_bias", UNSET)

        top_logprobs = d.pop("top_logprobs", UNSET)

        tools = d.pop("tools", UNSET)

        tool_choice = d.pop("tool_choice", UNSET)

        functions = d.pop("functions", UNSET)

        function_call = d.pop("function_call", UNSET)

        def _parse_parallel_tool_calls(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        parallel_tool_calls = _parse_parallel_tool_calls(d.pop("parallel_tool_calls", UNSET))


        response_format = d.pop("response_format", UNSET)

        modalities = d.pop("modalities", UNSET)

        audio = d.pop("audio", UNSET)

        prediction = d.pop("prediction", UNSET)

        web_search_options = d.pop("web_search_options", UNSET)

        store = d.pop("store", UNSET)

        service_tier = d.pop("service_tier", UNSET)

        def _parse_reasoning_effort(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reasoning_effort = _parse_reasoning_effort(d.pop("reasoning_effort", UNSET))


        def _parse_verbosity(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        verbosity = _parse_verbosity(d.pop("verbosity", UNSET))


        def _parse_metadata(data: object) -> ChatCompletionRequestMetadataType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = ChatCompletionRequestMetadataType0.from_dict(data)



                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatCompletionRequestMetadataType0 | None | Unset, data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))


        def _parse_safety_identifier(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        safety_identifier = _parse_safety_identifier(d.pop("safety_identifier", UNSET))


        def _parse_prompt_cache_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        prompt_cache_key = _parse_prompt_cache_key(d.pop("prompt_cache_key", UNSET))


        def _parse_prompt_cache_retention(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        prompt_cache_retention = _parse_prompt_cache_retention(d.pop("prompt_cache_retention", UNSET))


        chat_completion_request = cls(
            model=model,
            messages=messages,
            temperature=temperature,
            top_p=top_p,
            n=n,
            stop=stop,
            seed=seed,
            stream=stream,
            stream_options=stream_options,
            user=user,
            max_completion_tokens=max_completion_tokens,
            max_tokens=max_tokens,
            logprobs=logprobs,
            chat_template_kwargs=chat_template_kwargs,
            frequency_penalty=frequency_penalty,
            presence_penalty=presence_penalty,
            logit_bias=logit_bias,
            top_logprobs=top_logprobs,
            tools=tools,
            tool_choice=tool_choice,
            functions=functions,
            function_call=function_call,
            parallel_tool_calls=parallel_tool_calls,
            response_format=response_format,
            modalities=modalities,
            audio=audio,
            prediction=prediction,
            web_search_options=web_search_options,
            store=store,
            service_tier=service_tier,
            reasoning_effort=reasoning_effort,
            verbosity=verbosity,
            metadata=metadata,
            safety_identifier=safety_identifier,
            prompt_cache_key=prompt_cache_key,
            prompt_cache_retention=prompt_cache_retention,
        )

        return chat_completion_request

