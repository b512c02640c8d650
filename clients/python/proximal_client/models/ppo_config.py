from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.ppo_config_advantage import PpoConfigAdvantage
from ..models.ppo_config_kl_estimator import PpoConfigKlEstimator
from ..models.ppo_config_kl_in import PpoConfigKlIn
from ..models.ppo_config_loss_aggregation import PpoConfigLossAggregation
from ..models.ppo_config_lr_scheduler import PpoConfigLrScheduler
from ..models.ppo_config_missing_eos import PpoConfigMissingEos
from ..models.ppo_config_score_scaling import PpoConfigScoreScaling
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.adaptive_kl_controller import AdaptiveKlController
  from ..models.fixed_kl_controller import FixedKlController
  from ..models.guard import Guard





T = TypeVar("T", bound="PpoConfig")



@_attrs_define
class PpoConfig:
    """ How the policy is sampled and trained

        Attributes:
            max_new_tokens (int | Unset): Longest response, in tokens, its stop token included. Default 50 (ours). Other
                names: response_length, max_completion_length. Default: 50.
            batch_size (int | Unset): Prompts per step, each sampled rollouts_per_prompt times; one step is one rollout
                batch with all its updates. Every step has exactly this many: the last of an epoch is filled up from the start
                of that epoch's order, and fewer prompts than batch_size repeat within a step. Default 4 (ours). Default: 4.
            rollouts_per_prompt (int | Unset): Responses sampled to each prompt of a step, which then has batch_size × this
                many rollouts (as verl's rollout.n and OpenRLHF's n_samples_per_prompt). Methods that compare a prompt's
                responses need at least 2. Default 1. Other names: num_generations, rloo_k, n_samples_per_prompt. Default: 1.
            advantage (PpoConfigAdvantage | Unset): How advantages are estimated. gae judges by a value network. The others
                need none: grpo, dr_grpo, rloo and reinforce++_baseline compare the responses of one prompt, reinforce++ all of
                a step. Default gae. Default: PpoConfigAdvantage.GAE.
            learning_rate (float | Unset): Policy's peak learning rate. Default 1e-5 (ours). Default: 1e-05.
            kl_coef (float | Unset): What a nat of KL from the reference policy costs, per token: so much reward, or so much
                in the loss (kl_in); 0 turns it off. Default 0.1; 0.04 with grpo; 0 with dr_grpo; 0.05 with rloo; 0.01 with
                reinforce++, reinforce++_baseline. Other names: init_kl_coef.
            kl_in (PpoConfigKlIn | Unset): Where the KL costs: subtracted from the rewards, as estimated at rollout, or a
                term of the loss, estimated anew in each update. Default reward; loss with grpo, dr_grpo, reinforce++_baseline.
            kl_estimator (PpoConfigKlEstimator | Unset): Per-token estimate of the KL (Schulman): k1 = d, k2 = d²/2, k3 =
                exp(−d)−1+d with d = logprob − ref_logprob. In the loss k2 or k3, as k1 has no gradient on average. Default k1;
                k3 with grpo, dr_grpo; k2 with reinforce++_baseline.
            kl_controller (AdaptiveKlController | FixedKlController | Unset): Default fixed (field).
            gamma (float | Unset): Discount per token, with gae and reinforce++; the others add up a response's rewards as
                they are. Default 0.99; 1 with grpo, dr_grpo, rloo, reinforce++, reinforce++_baseline.
            lam (float | Unset): GAE's λ per token; unused by other methods. Default 0.95 (PPO paper, TRL). Default: 0.95.
            clip_epsilon (float | Unset): The probability ratio is clipped to [1 − this, 1 + this]. Default 0.2 (PPO paper).
                Other names: cliprange, epsilon. Default: 0.2.
            clip_epsilon_high (float | None | Unset): Upper clip distance if it differs (DAPO uses 0.28). Default null:
                clip_epsilon. Other names: epsilon_high.
            dual_clip (float | None | Unset): Bound c on the loss of tokens with negative advantage (dual-clip PPO uses 3).
                Default null: off.
            cliprange_value (float | None | Unset): How far a new value may move from the rollout's before its loss is
                clipped, in units of return; null: unclipped. Unused without a value network. Default 0.2 (PPO paper, TRL).
                Default: 0.2.
            vf_coef (float | Unset): Weight of the value loss in the common loss when the value head shares the policy's
                trunk; unused otherwise. Default 0.1 (TRL). Default: 0.1.
            entropy_coef (float | Unset): Weight of the entropy bonus. Default 0 (field). Default: 0.0.
            num_ppo_epochs (int | Unset): Passes over each rollout batch. Default 4 (PPO paper, TRL). Other names:
                ppo_epochs, num_iterations. Default: 4.
            num_mini_batches (int | Unset): Optimizer steps per pass; must divide a step's rollouts, batch_size ×
                rollouts_per_prompt. Default 1 (TRL); 2 to 4 pay off from 128 rollouts. Default: 1.
            micro_batch_size (int | None | Unset): Sequences per forward and backward run; must divide batch_size ×
                rollouts_per_prompt / num_mini_batches. Changes memory, not results. Default null: the whole mini-batch.
            trunk_cache (bool | Unset): Keep a rollout's hidden states below the first layer that trainable.layers (or
                value.layers) names, 4 bytes × rollouts × tokens × hidden size: computed once for policy, reference, value
                network and all updates, not in each. Changes time and memory, not results. Default true. Default: True.
            loss_aggregation (PpoConfigLossAggregation | Unset): How the tokens' losses of an optimizer step become one:
                token_mean over all tokens, sequence_mean over each response's tokens and then over responses, sequence_sum a
                response's sum and then the mean over responses, constant that divided by max_new_tokens. Default token_mean;
                sequence_mean with grpo; constant with dr_grpo; sequence_sum with rloo.
            temperature (float | Unset): Sampling temperature of rollouts, used for every log-probability too. Default 1
                (verl, OpenRLHF). Default: 1.0.
            top_k (int | Unset): Locked to 0 (off) in training. Default: 0.
            top_p (float | Unset): Locked to 1 (off) in training. Default: 1.0.
            stop_token_ids (list[int] | Unset): Token ids that end a response beside the model's own end-of-sequence ids.
                Default none.
            missing_eos_penalty (float | Unset): Taken from the score of a response that max_new_tokens cut off. Default 1
                (TRL's examples). Default: 1.0.
            missing_eos (PpoConfigMissingEos | Unset): subtract the penalty from the score, or replace the score by minus
                the penalty (lm-human-preferences). Default subtract. Default: PpoConfigMissingEos.SUBTRACT.
            overlong_tokens (int | None | Unset): Soft length limit (DAPO): over the last this many of max_new_tokens the
                score falls linearly by overlong_penalty. Default null: off.
            overlong_penalty (float | Unset): Score lost at max_new_tokens. Default 1 (DAPO). Default: 1.0.
            score_scaling (PpoConfigScoreScaling | Unset): Divide scores by their running standard deviation, or also
                subtract their running mean. Default none (field). Default: PpoConfigScoreScaling.NONE.
            score_clip (float | None | Unset): Keep scores, after scaling, within ± this. Default null: off (OpenRLHF uses
                10).
            whiten_rewards (bool | Unset): Divide token rewards by their standard deviation over the batch, keeping the
                mean. Default false (TRL). Default: False.
            whiten_advantages (bool | Unset): Shift and scale advantages to mean 0 and variance 1 over the batch's tokens.
                Default true; false with grpo, dr_grpo, rloo.
            bootstrap_truncated (bool | Unset): Continue the return of a cut-off response with the value of its last state
                instead of 0. Default false (field). Default: False.
            max_grad_norm (float | None | Unset): Gradients of each optimizer are scaled down to this norm; null: never.
                Default 1 (verl, OpenRLHF). Default: 1.0.
            adam_beta1 (float | Unset): Default 0.9 (Adam paper). Default: 0.9.
            adam_beta2 (float | Unset): Default 0.999 (Adam paper). Default: 0.999.
            adam_eps (float | Unset): Added to the root of the second moment, PyTorch's form. Default 1e-8 (TRL, verl,
                OpenRLHF); 1e-5 steadies full fine-tuning. Other names: adam_epsilon. Default: 1e-08.
            weight_decay (float | Unset): Decoupled decay per unit of learning rate; spares biases and norms. Default 0
                (TRL, OpenRLHF). Default: 0.0.
            lr_scheduler (PpoConfigLrScheduler | Unset): Course of the learning rates over the job's optimizer steps, after
                the warm-up. Default linear (TRL). Default: PpoConfigLrScheduler.LINEAR.
            min_lr_ratio (float | Unset): Share of the peak that linear and cosine end at. Default 0 (OpenRLHF's cosine:
                0.1). Default: 0.0.
            warmup_steps (int | Unset): Optimizer steps over which the learning rates rise from 0. Default 0 (TRL). Default:
                0.
            critic_warmup_steps (int | Unset): Steps at the start that train the value network only. Default 0 (field).
                Default: 0.
            target_kl (float | None | Unset): Skip the rest of a step's updates when a mini-batch's mean KL (k3) from the
                rollout policy exceeds 1.5 times this, in nats per token. Default null: off (field).
            guard (Guard | None | Unset): What to do when the policy diverges. Default null: nothing, but for the warnings
                that every job gives.
     """

    max_new_tokens: int | Unset = 50
    batch_size: int | Unset = 4
    rollouts_per_prompt: int | Unset = 1
    advantage: PpoConfigAdvantage | Unset = PpoConfigAdvantage.GAE
    learning_rate: float | Unset = 1e-05
    kl_coef: float | Unset = UNSET
    kl_in: PpoConfigKlIn | Unset = UNSET
    kl_estimator: PpoConfigKlEstimator | Unset = UNSET
    kl_controller: AdaptiveKlController | FixedKlController | Unset = UNSET
    gamma: float | Unset = UNSET
    lam: float | Unset = 0.95
    clip_epsilon: float | Unset = 0.2
    clip_epsilon_high: float | None | Unset = UNSET
    dual_clip: float | None | Unset = UNSET
    cliprange_value: float | None | Unset = 0.2
    vf_coef: float | Unset = 0.1
    entropy_coef: float | Unset = 0.0
    num_ppo_epochs: int | Unset = 4
    num_mini_batches: int | Unset = 1
    micro_batch_size: int | None | Unset = UNSET
    trunk_cache: bool | Unset = True
    loss_aggregation: PpoConfigLossAggregation | Unset = UNSET
    temperature: float | Unset = 1.0
    top_k: int | Unset = 0
    top_p: float | Unset = 1.0
    stop_token_ids: list[int] | Unset = UNSET
    missing_eos_penalty: float | Unset = 1.0
    missing_eos: PpoConfigMissingEos | Unset = PpoConfigMissingEos.SUBTRACT
    overlong_tokens: int | None | Unset = UNSET
    overlong_penalty: float | Unset = 1.0
    score_scaling: PpoConfigScoreScaling | Unset = PpoConfigScoreScaling.NONE
    score_clip: float | None | Unset = UNSET
    whiten_rewards: bool | Unset = False
    whiten_advantages: bool | Unset = UNSET
    bootstrap_truncated: bool | Unset = False
    max_grad_norm: float | None | Unset = 1.0
    adam_beta1: float | Unset = 0.9
    adam_beta2: float | Unset = 0.999
    adam_eps: float | Unset = 1e-08
    weight_decay: float | Unset = 0.0
    lr_scheduler: PpoConfigLrScheduler | Unset = PpoConfigLrScheduler.LINEAR
    min_lr_ratio: float | Unset = 0.0
    warmup_steps: int | Unset = 0
    critic_warmup_steps: int | Unset = 0
    target_kl: float | None | Unset = UNSET
    guard: Guard | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.adaptive_kl_controller import AdaptiveKlController # noqa: PLC0415
        from ..models.fixed_kl_controller import FixedKlController # noqa: PLC0415
        from ..models.guard import Guard # noqa: PLC0415
        max_new_tokens = self.max_new_tokens

        batch_size = self.batch_size

        rollouts_per_prompt = self.rollouts_per_prompt

        advantage: str | Unset = UNSET
        if not isinstance(self.advantage, Unset):
            advantage = self.advantage.value


        learning_rate = self.learning_rate

        kl_coef = self.kl_coef

        kl_in: str | Unset = UNSET
        if not isinstance(self.kl_in, Unset):
            kl_in = self.kl_in.value


        kl_estimator: str | Unset = UNSET
        if not isinstance(self.kl_estimator, Unset):
            kl_estimator = self.kl_estimator.value


        kl_controller: dict[str, Any] | Unset
        if isinstance(self.kl_controller, Unset):
            kl_controller = UNSET
        elif isinstance(self.kl_controller, FixedKlController):
            kl_controller = self.kl_controller.to_dict()
        else:
            kl_controller = self.kl_controller.to_dict()


        gamma = self.gamma

        lam = self.lam

        clip_epsilon = self.clip_epsilon

        clip_epsilon_high: float | None | Unset
        if isinstance(self.clip_epsilon_high, Unset):
            clip_epsilon_high = UNSET
        else:
            clip_epsilon_high = self.clip_epsilon_high

        dual_clip: float | None | Unset
        if isinstance(self.dual_clip, Unset):
            dual_clip = UNSET
        else:
            dual_clip = self.dual_clip

        cliprange_value: float | None | Unset
        if isinstance(self.cliprange_value, Unset):
            cliprange_value = UNSET
        else:
            cliprange_value = self.cliprange_value

        vf_coef = self.vf_coef

        entropy_coef = self.entropy_coef

        num_ppo_epochs = self.num_ppo_epochs

        num_mini_batches = self.num_mini_batches

        micro_batch_size: int | None | Unset
        if isinstance(self.micro_batch_size, Unset):
            micro_batch_size = UNSET
        else:
            micro_batch_size = self.micro_batch_size

        trunk_cache = self.trunk_cache

        loss_aggregation: str | Unset = UNSET
        if not isinstance(self.loss_aggregation, Unset):
            loss_aggregation = self.loss_aggregation.value


        temperature = self.temperature

        top_k = self.top_k

        top_p = self.top_p

        stop_token_ids: list[int] | Unset = UNSET
        if not isinstance(self.stop_token_ids, Unset):
            stop_token_ids = self.stop_token_ids



        missing_eos_penalty = self.missing_eos_penalty

        missing_eos: str | Unset = UNSET
        if not isinstance(self.missing_eos, Unset):
            missing_eos = self.missing_eos.value


        overlong_tokens: int | None | Unset
        if isinstance(self.overlong_tokens, Unset):
            overlong_tokens = UNSET
        else:
            overlong_tokens = self.overlong_tokens

        overlong_penalty = self.overlong_penalty

        score_scaling: str | Unset = UNSET
        if not isinstance(self.score_scaling, Unset):
            score_scaling = self.score_scaling.value


        score_clip: float | None | Unset
        if isinstance(self.score_clip, Unset):
            score_clip = UNSET
        else:
            score_clip = self.score_clip

        whiten_rewards = self.whiten_rewards

        whiten_advantages = self.whiten_advantages

        bootstrap_truncated = self.bootstrap_truncated

        max_grad_norm: float | None | Unset
        if isinstance(self.max_grad_norm, Unset):
            max_grad_norm = UNSET
        else:
            max_grad_norm = self.max_grad_norm

        adam_beta1 = self.adam_beta1

        adam_beta2 = self.adam_beta2

        adam_eps = self.adam_eps

        weight_decay = self.weight_decay

        lr_scheduler: str | Unset = UNSET
        if not isinstance(self.lr_scheduler, Unset):
            lr_scheduler = self.lr_scheduler.value


        min_lr_ratio = self.min_lr_ratio

        warmup_steps = self.warmup_steps

        critic_warmup_steps = self.critic_warmup_steps

        target_kl: float | None | Unset
        if isinstance(self.target_kl, Unset):
            target_kl = UNSET
        else:
            target_kl = self.target_kl

        guard: dict[str, Any] | None | Unset
        if isinstance(self.guard, Unset):
            guard = UNSET
        elif isinstance(self.guard, Guard):
            guard = self.guard.to_dict()
        else:
            guard = self.guard


        field_dict: dict[str, Any] = {}

        field_dict.update({
        })
        if max_new_tokens is not UNSET:
            field_dict["max_new_tokens"] = max_new_tokens
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if rollouts_per_prompt is not UNSET:
            field_dict["rollouts_per_prompt"] = rollouts_per_prompt
        if advantage is not UNSET:
            field_dict["advantage"] = advantage
        if learning_rate is not UNSET:
            field_dict["learning_rate"] = learning_rate
        if kl_coef is not UNSET:
            field_dict["kl_coef"] = kl_coef
        if kl_in is not UNSET:
            field_dict["kl_in"] = kl_in
        if kl_estimator is not UNSET:
            field_dict["kl_estimator"] = kl_estimator
        if kl_controller is not UNSET:
            field_dict["kl_controller"] = kl_controller
        if gamma is not UNSET:
            field_dict["gamma"] = gamma
        if lam is not UNSET:
            field_dict["lam"] = lam
        if clip_epsilon is not UNSET:
            field_dict["clip_epsilon"] = clip_epsilon
        if clip_epsilon_high is not UNSET:
            field_dict["clip_epsilon_high"] = clip_epsilon_high
        if dual_clip is not UNSET:
            field_dict["dual_clip"] = dual_clip
        if cliprange_value is not UNSET:
            field_dict["cliprange_value"] = cliprange_value
        if vf_coef is not UNSET:
            field_dict["vf_coef"] = vf_coef
        if entropy_coef is not UNSET:
            field_dict["entropy_coef"] = entropy_coef
        if num_ppo_epochs is not UNSET:
            field_dict["num_ppo_epochs"] = num_ppo_epochs
        if num_mini_batches is not UNSET:
            field_dict["num_mini_batches"] = num_mini_batches
        if micro_batch_size is not UNSET:
            field_dict["micro_batch_size"] = micro_batch_size
        if trunk_cache is not UNSET:
            field_dict["trunk_cache"] = trunk_cache
        if loss_aggregation is not UNSET:
            field_dict["loss_aggregation"] = loss_aggregation
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_k is not UNSET:
            field_dict["top_k"] = top_k
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if stop_token_ids is not UNSET:
            field_dict["stop_token_ids"] = stop_token_ids
        if missing_eos_penalty is not UNSET:
            field_dict["missing_eos_penalty"] = missing_eos_penalty
        if missing_eos is not UNSET:
            field_dict["missing_eos"] = missing_eos
        if overlong_tokens is not UNSET:
            field_dict["overlong_tokens"] = overlong_tokens
        if overlong_penalty is not UNSET:
            field_dict["overlong_penalty"] = overlong_penalty
        if score_scaling is not UNSET:
            field_dict["score_scaling"] = score_scaling
        if score_clip is not UNSET:
            field_dict["score_clip"] = score_clip
        if whiten_rewards is not UNSET:
            field_dict["whiten_rewards"] = whiten_rewards
        if whiten_advantages is not UNSET:
            field_dict["whiten_advantages"] = whiten_advantages
        if bootstrap_truncated is not UNSET:
            field_dict["bootstrap_truncated"] = bootstrap_truncated
        if max_grad_norm is not UNSET:
            field_dict["max_grad_norm"] = max_grad_norm
        if adam_beta1 is not UNSET:
            field_dict["adam_beta1"] = adam_beta1
        if adam_beta2 is not UNSET:
            field_dict["adam_beta2"] = adam_beta2
        if adam_eps is not UNSET:
            field_dict["adam_eps"] = adam_eps
        if weight_decay is not UNSET:
            field_dict["weight_decay"] = weight_decay
        if lr_scheduler is not UNSET:
            field_dict["lr_scheduler"] = lr_scheduler
        if min_lr_ratio is not UNSET:
            field_dict["min_lr_ratio"] = min_lr_ratio
        if warmup_steps is not UNSET:
            field_dict["warmup_steps"] = warmup_steps
        if critic_warmup_steps is not UNSET:
            field_dict["critic_warmup_steps"] = critic_warmup_steps
        if target_kl is not UNSET:
            field_dict["target_kl"] = target_kl
        if guard is not UNSET:
            field_dict["guard"] = guard

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.adaptive_kl_controller import AdaptiveKlController # noqa: PLC0415
        from ..models.fixed_kl_controller import FixedKlController # noqa: PLC0415
        from ..models.guard import Guard # noqa: PLC0415
        d = dict(src_dict)
        max_new_tokens = d.pop("max_new_tokens", UNSET)

        batch_size = d.pop("batch_size", UNSET)

        rollouts_per_prompt = d.pop("rollouts_per_prompt", UNSET)

        _advantage = d.pop("advantage", UNSET)
        advantage: PpoConfigAdvantage | Unset
        if isinstance(_advantage,  Unset):
            advantage = UNSET
        else:
            advantage = PpoConfigAdvantage(_advantage)




        learning_rate = d.pop("learning_rate", UNSET)

        kl_coef = d.pop("kl_coef", UNSET)

        _kl_in = d.pop("kl_in", UNSET)
        kl_in: PpoConfigKlIn | Unset
        if isinstance(_kl_in,  Unset):
            kl_in = UNSET
        else:
            kl_in = PpoConfigKlIn(_kl_in)




        _kl_estimator = d.pop("kl_estimator", UNSET)
        kl_estimator: PpoConfigKlEstimator | Unset
        if isinstance(_kl_estimator,  Unset):
            kl_estimator = UNSET
        else:
            kl_estimator = PpoConfigKlEstimator(_kl_estimator)




        def _parse_kl_controller(data: object) -> AdaptiveKlController | FixedKlController | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_kl_controller_type_0 = FixedKlController.from_dict(data)



                return componentsschemas_kl_controller_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_kl_controller_type_1 = AdaptiveKlController.from_dict(data)



            return componentsschemas_kl_controller_type_1

        kl_controller = _parse_kl_controller(d.pop("kl_controller", UNSET))


        gamma = d.pop("gamma", UNSET)

        lam = d.pop("lam", UNSET)

        clip_epsilon = d.pop("clip_epsilon", UNSET)

        def _parse_clip_epsilon_high(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        clip_epsilon_high = _parse_clip_epsilon_high(d.pop("clip_epsilon_high", UNSET))


        def _parse_dual_clip(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        dual_clip = _parse_dual_clip(d.pop("dual_clip", UNSET))


        def _parse_cliprange_value(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cliprange_value = _parse_cliprange_value(d.pop("cliprange_value", UNSET))


        vf_coef = d.pop("vf_coef", UNSET)

        entropy_coef = d.pop("entropy_coef", UNSET)

        num_ppo_epochs = d.pop("num_ppo_epochs", UNSET)

        num_mini_batches = d.pop("num_mini_batches", UNSET)

        def _parse_micro_batch_size(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        micro_batch_size = _parse_micro_batch_size(d.pop("micro_batch_size", UNSET))


        trunk_cache = d.pop("trunk_cache", UNSET)

        _loss_aggregation = d.pop("loss_aggregation", UNSET)
        loss_aggregation: PpoConfigLossAggregation | Unset
        if isinstance(_loss_aggregation,  Unset):
            loss_aggregation = UNSET
        else:
            loss_aggregation = PpoConfigLossAggregation(_loss_aggregation)




        temperature = d.pop("temperature", UNSET)

        top_k = d.pop("top_k", UNSET)

        top_p = d.pop("top_p", UNSET)

        stop_token_ids = cast(list[int], d.pop("stop_token_ids", UNSET))


        missing_eos_penalty = d.pop("missing_eos_penalty", UNSET)

        _missing_eos = d.pop("missing_eos", UNSET)
        missing_eos: PpoConfigMissingEos | Unset
        if isinstance(_missing_eos,  Unset):
            missing_eos = UNSET
        else:
            missing_eos = PpoConfigMissingEos(_missing_eos)




        def _parse_overlong_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        overlong_tokens = _parse_overlong_tokens(d.pop("overlong_tokens", UNSET))


        overlong_penalty = d.pop("overlong_penalty", UNSET)

        _score_scaling = d.pop("score_scaling", UNSET)
        score_scaling: PpoConfigScoreScaling | Unset
        if isinstance(_score_scaling,  Unset):
            score_scaling = UNSET
        else:
            score_scaling = PpoConfigScoreScaling(_score_scaling)




        def _parse_score_clip(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        score_clip = _parse_score_clip(d.pop("score_clip", UNSET))


        whiten_rewards = d.pop("whiten_rewards", UNSET)

        whiten_advantages = d.pop("whiten_advantages", UNSET)

        bootstrap_truncated = d.pop("bootstrap_truncated", UNSET)

        def _parse_max_grad_norm(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        max_grad_norm = _parse_max_grad_norm(d.pop("max_grad_norm", UNSET))


        adam_beta1 = d.pop("adam_beta1", UNSET)

        adam_beta2 = d.pop("adam_beta2", UNSET)

        adam_eps = d.pop("adam_eps", UNSET)

        weight_decay = d.pop("weight_decay", UNSET)

        _lr_scheduler = d.pop("lr_scheduler", UNSET)
        lr_scheduler: PpoConfigLrScheduler | Unset
        if isinstance(_lr_scheduler,  Unset):
            lr_scheduler = UNSET
        else:
            lr_scheduler = PpoConfigLrScheduler(_lr_scheduler)




        min_lr_ratio = d.pop("min_lr_ratio", UNSET)

        warmup_steps = d.pop("warmup_steps", UNSET)

        critic_warmup_steps = d.pop("critic_warmup_steps", UNSET)

        def _parse_target_kl(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        target_kl = _parse_target_kl(d.pop("target_kl", UNSET))


        def _parse_guard(data: object) -> Guard | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                guard_type_0 = Guard.from_dict(data)



                return guard_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Guard | None | Unset, data)

        guard = _parse_guard(d.pop("guard", UNSET))


        ppo_config = cls(
            max_new_tokens=max_new_tokens,
            batch_size=batch_size,
            rollouts_per_prompt=rollouts_per_prompt,
            advantage=advantage,
            learning_rate=learning_rate,
            kl_coef=kl_coef,
            kl_in=kl_in,
            kl_estimator=kl_estimator,
            kl_controller=kl_controller,
            gamma=gamma,
            lam=lam,
            clip_epsilon=clip_epsilon,
            clip_epsilon_high=clip_epsilon_high,
            dual_clip=dual_clip,
            cliprange_value=cliprange_value,
            vf_coef=vf_coef,
            entropy_coef=entropy_coef,
            num_ppo_epochs=num_ppo_epochs,
            num_mini_batches=num_mini_batches,
            micro_batch_size=micro_batch_size,
            trunk_cache=trunk_cache,
            loss_aggregation=loss_aggregation,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            stop_token_ids=stop_token_ids,
            missing_eos_penalty=missing_eos_penalty,
            missing_eos=missing_eos,
            overlong_tokens=overlong_tokens,
            overlong_penalty=overlong_penalty,
            score_scaling=score_scaling,
            score_clip=score_clip,
            whiten_rewards=whiten_rewards,
            whiten_advantages=whiten_advantages,
            bootstrap_truncated=bootstrap_truncated,
            max_grad_norm=max_grad_norm,
            adam_beta1=adam_beta1,
            adam_beta2=adam_beta2,
            adam_eps=adam_eps,
            weight_decay=weight_decay,
            lr_scheduler=lr_scheduler,
            min_lr_ratio=min_lr_ratio,
            warmup_steps=warmup_steps,
            critic_warmup_steps=critic_warmup_steps,
            target_kl=target_kl,
            guard=guard,
        )

        return ppo_config

